"""Drawing batches."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from stream_engine.errors import ConfigError
from stream_engine.models.diffusion import LATEST_TIME
from tests.training.pairs_for_tests import made_up_pairs
from training.dataset import coefficient_scale
from training.draws import MOUTH, Draws, Material, Recipe


def draws(recipe: Recipe | None = None, labelled: int = 0) -> Draws:
    pairs = made_up_pairs(16)
    pairs = replace(pairs, labelled=np.arange(16) < labelled)
    scale = coefficient_scale(pairs.motion)
    generator = torch.Generator().manual_seed(1)
    return Draws(recipe or Recipe(batch=10), Material(pairs, speech=pairs.mel), scale, generator)


def test_windows_tile_a_clip_at_a_random_offset() -> None:
    """Each window is a run of frames with one first frame; only the outer two may be short."""
    drawing = draws()
    for _ in range(20):
        first = drawing.windows(24)
        lengths = torch.unique_consecutive(first, return_counts=True)[1]
        assert (first <= torch.arange(24)).all()
        assert len(set(lengths[1:-1].tolist())) <= 1
        assert lengths[0] <= lengths.max()


def test_labelled_clips_have_their_share() -> None:
    """Four of ten, if there are any; all, if there is nothing else."""
    recipe = Recipe(batch=10, labelled=0.4)
    for there, wanted in ((0, 0), (5, 4), (16, 10)):
        assert (draws(recipe, there).rows() < there).sum() == wanted


def test_silent_clips_rest_their_mouth_and_keep_their_face() -> None:
    """Where the voice is gone the mouth is neutral; the rest moves on."""
    batch = draws(Recipe(batch=10, muted=1.0, past_noise=0.0)).batch()
    assert batch.silent.all()
    assert (batch.clean[..., MOUTH] == 0).all()
    assert (batch.clean[..., ~MOUTH] != 0).any()
    assert torch.equal(batch.past, batch.clean)


def test_where_speech_breaks_off_noise_follows_and_the_mouth_shuts() -> None:
    """Sound and mouth before it are as they were; the face moves on throughout."""
    plain = draws(Recipe(batch=10, muted=0.0, past_noise=0.0)).batch()
    broken = draws(Recipe(batch=10, muted=0.0, broken=1.0, past_noise=0.0)).batch()
    assert np.array_equal(plain.rows, broken.rows)
    assert broken.silent.any(1).all()
    assert not broken.silent.all()
    heard = (broken.mel != plain.mel).any(-1).view(10, -1, 4)
    assert torch.equal(heard.all(-1), broken.silent)
    assert torch.equal(heard.any(-1), broken.silent)
    deep = broken.silent & broken.silent.roll(4, 1) & broken.silent.roll(-3, 1)
    assert (broken.clean[..., MOUTH][deep].abs() < 1e-5).all()
    spoken = ~broken.silent
    assert torch.equal(broken.clean[spoken], plain.clean[spoken])
    assert torch.equal(broken.clean[..., ~MOUTH], plain.clean[..., ~MOUTH])


def test_swapped_clips_wear_a_neighbours_brows_and_keep_their_mouth() -> None:
    """All or none: the mouth is its speech's own, the rest is the clip's before it in the batch."""
    own = draws(Recipe(batch=10, muted=0.0, past_noise=0.0)).batch()
    pairs = made_up_pairs(16)
    swapped = draws(Recipe(batch=10, muted=0.0, past_noise=0.0, swapped=1.0)).batch()
    worn = torch.from_numpy(pairs.motion[swapped.rows]) / coefficient_scale(pairs.motion)
    assert torch.equal(swapped.clean[..., MOUTH], worn[..., MOUTH])
    assert torch.equal(swapped.clean[..., ~MOUTH], worn.roll(1, dims=0)[..., ~MOUTH])
    assert np.array_equal(own.rows, swapped.rows)


def test_other_features_are_left_as_they_are() -> None:
    """Only log-mel can be given another voice, or silence."""
    batch = draws(Recipe(batch=10, voices=False, muted=0.0)).batch()
    assert torch.equal(batch.mel, torch.from_numpy(made_up_pairs(16).mel[batch.rows]).float())
    with pytest.raises(ConfigError, match="muted"):
        draws(Recipe(voices=False))


def test_a_window_has_one_time() -> None:
    """Frames of a window are equally noisy, and never noisier than the latest time."""
    drawing = draws()
    batch, first = drawing.batch(), drawing.windows(24)
    view = drawing.view(batch, first)
    assert torch.equal(view.time, view.time[:, first])
    assert float(view.time.max()) <= LATEST_TIME + 1e-6
    assert view.clean is batch.clean


def test_speech_without_faces_has_nothing_to_find() -> None:
    """All its clips are on what the model imagines."""
    view, rows = draws().speech(3)
    assert view.clean is None
    assert view.own.all()
    assert view.mel.shape == (3, 96, 80)
    assert rows.shape == (3,)


def test_a_seed_draws_the_same_batches() -> None:
    """Two drawers of one seed agree in everything."""
    one, other = draws(), draws()
    for _ in range(2):
        a, b = one.batch(), other.batch()
        assert torch.equal(a.mel, b.mel)
        assert torch.equal(a.past, b.past)
        assert (a.rows == b.rows).all()
