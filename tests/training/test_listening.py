"""What the monitor's ears learn from, and what is kept from them."""

from pathlib import Path

import numpy as np
import pytest

from tests.training.data.test_spoken_faces import speech_folder
from tests.training.pairs_for_tests import made_up_pairs
from training.data.spoken_faces import SpokenFaces
from training.listening import (
    CROP_FRAMES,
    commonest,
    for_tests,
    gather,
    held_out,
    material,
    prior_of,
    sounds,
    sounds_of,
)

SPEAKERS = [f"speaker {k}" for k in range(400)]


def test_a_fifth_of_the_speakers_is_held_out_and_half_of_those_for_tests() -> None:
    """By name alone; who is for tests is held out."""
    kept = [name for name in SPEAKERS if held_out(name)]
    tested = [name for name in SPEAKERS if for_tests(name)]
    assert 50 < len(kept) < 110
    assert set(tested) < set(kept)
    assert 0.3 < len(tested) / len(kept) < 0.7


def test_material_names_what_is_said() -> None:
    """Two units and two coarse steps a frame; speech is where it is loud."""
    pairs = made_up_pairs(3, 60)
    made = material(pairs.motion, pairs.mel)
    assert made.units.shape == made.speech.shape == (3, 120)
    assert made.coarse.shape == (3, 120, 20)
    loud = made_up_pairs(3, 60).mel.astype(np.float32).mean(axis=-1).reshape(3, 120, 2).mean(-1)
    assert loud[made.speech].mean() > loud[~made.speech].mean()
    known = commonest(made)
    assert sum(known["prior"]) == pytest.approx(1.0)
    assert len(known["voice"]) == 40


def test_held_out_speakers_are_only_tested_on() -> None:
    """No clip of theirs is learned from, nor one of the test split."""
    pairs = made_up_pairs(4, 24)
    splits = np.array(["train", "validation", "test", "train"])
    pairs = type(pairs)(**pairs.arrays() | {"split": splits})
    speakers = np.array([next(n for n in SPEAKERS if held_out(n)), SPEAKERS[0], SPEAKERS[0]])
    assert not held_out(SPEAKERS[0])
    spoken = SpokenFaces(
        name=np.array(["a/0", "b/0", "b/1"]), source=np.array(["c"] * 3), speaker=speakers,
        mel=pairs.mel[:3], motion=pairs.motion[:3].astype(np.float16),
    )  # fmt: skip
    recorded, made, test, unheard = gather(pairs, spoken)
    assert [len(m.motion) for m in (recorded, made, test, unheard)] == [2, 2, 1, 1]
    assert np.array_equal(unheard.motion[0], spoken.motion[0])
    assert np.array_equal(test.motion[0], pairs.motion[1])


def test_other_sounds_are_as_long_as_a_clip() -> None:
    """All kinds in turn."""
    made = sounds(4, seed=0)
    assert made.shape == (4, 4 * CROP_FRAMES, 80)
    assert np.isfinite(made).all()


def test_recorded_sounds_are_cut_into_clips(tmp_path: Path) -> None:
    """End to end; what is left of a file is left out."""
    seconds = 2.5 * CROP_FRAMES / 25
    speech_folder(tmp_path / "music", np.full(int(16_000 * seconds), 0.1, np.float32))
    found = sounds_of(tmp_path / "music")
    assert found.shape == (2 * 2, 4 * CROP_FRAMES, 80)
    assert found.dtype == np.float16


def test_sets_count_alike_for_what_is_common() -> None:
    """However many clips each has."""
    few, many = (material(p.motion, p.mel) for p in (made_up_pairs(1, 60), made_up_pairs(5, 60, 1)))
    alone = (prior_of(few) + prior_of(many)) / 2
    assert np.allclose(prior_of(few, many), alone)
