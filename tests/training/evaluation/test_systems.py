"""A model as it is scored."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stream_engine.assemble import MODEL_FOLDER
from stream_engine.errors import AssetError, ConfigError
from tests.training.evaluation.recordings_for_tests import made_up_recordings
from tests.training.evaluation.test_generate import make_hop
from training.evaluation.batches import batch_of
from training.evaluation.lip_reader import LipReader
from training.evaluation.systems import (
    System,
    best_scores,
    model_hash,
    plain_movement,
    real_track,
    score_system,
)


def test_one_sample_mean_and_best_of_several() -> None:
    """Clip by clip; the best is no worse than the usual, in what it is chosen by."""
    batch = batch_of(made_up_recordings((24, 30, 30)), np.arange(3))
    rows = score_system(make_hop("quality"), LipReader(), batch, range(3))
    assert list(rows) == ["one sample", "mean of 3", "best of 3", "movement"]
    assert (rows["best of 3"]["lve_mm"] <= rows["one sample"]["lve_mm"]).all()
    moves = rows["movement"]
    assert (moves["lip_diversity_mm"] > 0.0).all()
    assert all(values.shape == (3,) for values in moves.values())
    alone = score_system(make_hop("balanced"), LipReader(), batch, [0])
    assert list(alone) == ["one sample", "movement"]
    assert np.isnan(alone["movement"]["lip_diversity_mm"]).all()


def test_a_clip_scores_the_same_in_any_batch() -> None:
    """Padding, neighbours and noise do not leak."""
    recordings, reader, hop = made_up_recordings((24, 40)), LipReader(), make_hop("quality")
    both = score_system(hop, reader, batch_of(recordings, np.array([0, 1])), range(2))
    alone = score_system(hop, reader, batch_of(recordings, np.array([1])), range(2))
    for row, scores in alone.items():
        for name, values in scores.items():
            assert np.allclose(values[0], both[row][name][1], equal_nan=True, atol=1e-5), name


def test_the_best_sample_is_chosen_per_clip() -> None:
    """By LVE; other scores are that sample's."""
    each = [
        {"lve_mm": np.array([1.0, 4.0]), "a": np.array([10.0, 11.0])},
        {"lve_mm": np.array([2.0, 3.0]), "a": np.array([20.0, 21.0])},
    ]
    assert best_scores(each)["a"].tolist() == [10.0, 21.0]


def test_frames_without_a_face_are_left_out_of_speed() -> None:
    """A jump into and out of a lost frame is the tracker's."""
    batch = batch_of(made_up_recordings((24,)), np.array([0]))
    real = real_track(LipReader(), batch)
    before = plain_movement(real.gap, batch.motion, batch)
    spoilt = batch.motion.copy()
    spoilt[0, -1] += 100.0  # the last frame shows no face
    assert plain_movement(real.gap, spoilt, batch)["speed"] == before["speed"]


def test_silence_is_silence_whatever_words_are_judged() -> None:
    """Speech before the first judged word is no silence."""
    batch, at = batch_of(made_up_recordings((24,)), np.array([0])), np.arange(24)[None]
    gap = real_track(LipReader(), batch).gap
    batch = replace(batch, speaking=at >= 10, judged=at >= 18)
    still = plain_movement(gap, batch.motion, batch)["silence_mm"]
    assert still == pytest.approx(gap[0, :8].std())


def test_a_hash_names_the_files(tmp_path: Path) -> None:
    """Another byte, another hash; other files do not matter."""
    (tmp_path / "a.onnx").write_bytes(b"1")
    first = model_hash(tmp_path)
    (tmp_path / "notes.txt").write_text("x")
    assert model_hash(tmp_path) == first
    (tmp_path / "a.onnx").write_bytes(b"2")
    assert model_hash(tmp_path) != first


def test_wrong_profiles_and_steps_are_explained(tmp_path: Path) -> None:
    """Before anything is scored."""
    with pytest.raises(ConfigError, match="unknown latency profile"):
        System("a", MODEL_FOLDER, "slow", 2).open()
    with pytest.raises(AssetError, match="no model for this step count"):
        System("a", MODEL_FOLDER, "balanced", 3).open()
    with pytest.raises(AssetError, match="trt_build.export"):
        System("a", tmp_path, "balanced", 2).open()
