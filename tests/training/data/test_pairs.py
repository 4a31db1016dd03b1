"""Recordings to training pairs."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from stream_engine.motion.arkit import INDEX
from tests.training.data.made_up_grid import known_motion, make_grid
from training.data.pairs import lagged_correlation, main, speech_features, split_of


@pytest.mark.slow
def test_known_motion_comes_back_as_pairs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command fits, reports and writes; the jaw that was put in is the jaw that comes out."""
    grid, out = make_grid(tmp_path / "grid"), tmp_path / "pairs.npz"
    monkeypatch.setattr(sys, "argv", ["pairs", "--grid", str(grid), "--out", str(out)])
    main()
    report = json.loads(capsys.readouterr().out)
    assert report["clips"] == 4
    assert report["frames_fitted"] == pytest.approx(74 / 75)
    assert report["gap_correlation"] > 0.99
    assert report["lip_residual"] < 0.03
    assert abs(report["sync_lag_frames"]) <= 1
    with np.load(out) as pairs:
        assert pairs["mel"].shape == (4, 300, 80)
        jaw = np.delete(pairs["motion"][1, :, INDEX["jawOpen"]], 3)
        assert np.corrcoef(jaw, np.delete(known_motion(1)[0][:, INDEX["jawOpen"]], 3))[0, 1] > 0.97
        assert set(pairs["split"]) <= {"train", "validation", "test"}


def test_splits_go_by_sentence() -> None:
    """The same words always land in the same split; all three get their share."""
    splits = [split_of(f"bin blue at {k} now") for k in range(2_000)]
    assert split_of("bin blue at 7 now") == splits[7]
    assert 0.08 < splits.count("test") / 2_000 < 0.14
    assert 0.02 < splits.count("validation") / 2_000 < 0.06


def test_features_are_cut_or_filled_to_the_motion() -> None:
    """Speech shorter or longer than the track gives exactly its frames."""
    for length in (3_000, 9_000):
        assert speech_features(np.ones(length, np.float32) * 0.1, 10).shape == (40, 80)


def test_a_late_mouth_is_seen_as_late() -> None:
    """A gap two frames behind the loudness correlates best at lag two."""
    loudness = np.sin(np.arange(60) * 0.4).astype(np.float32)
    gap = np.roll(loudness, 2)
    scores = {lag: lagged_correlation(loudness, gap, lag) for lag in range(-4, 5)}
    assert max(scores, key=lambda lag: scores[lag]) == 2
