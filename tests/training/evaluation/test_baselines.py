"""The baselines learn what they can and no more."""

import sys
from pathlib import Path

import numpy as np
import pytest

from stream_engine.errors import AssetError
from stream_engine.motion.arkit import INDEX
from stream_engine.motion.window import PROFILES
from tests.training.pairs_for_tests import made_up_pairs
from training.evaluation.baselines import (
    BASELINES,
    Baselines,
    fingerprint,
    fit_baselines,
    load_baselines,
    main,
    save_baselines,
)

JAW = INDEX["jawOpen"]
TRAIN, TEST = made_up_pairs(24), made_up_pairs(3, seed=5)


@pytest.fixture(scope="module")
def fitted() -> Baselines:
    return fit_baselines(TRAIN, [2])


def follows(made: np.ndarray, clip: int) -> float:
    return float(np.corrcoef(made[:, JAW], TEST.motion[clip, :, JAW])[0, 1])


def test_the_mean_face_does_not_move(fitted: Baselines) -> None:
    """The training mean in every frame."""
    made = fitted.mean_face(9)
    assert made.shape == (9, 55)
    assert np.allclose(made, TRAIN.motion.mean(axis=(0, 1)), atol=1e-6)


def test_the_jaw_follows_loudness_and_nothing_else_moves(fitted: Baselines) -> None:
    """One parameter."""
    made = fitted.jaw_from_loudness(TEST.loudness[1])
    assert follows(made, 1) > 0.95
    others = np.delete(made, JAW, axis=-1)
    assert (others == others[:1]).all()


def test_ridge_predicts_unseen_clips_from_mel(fitted: Baselines) -> None:
    """A linear relation is found from other clips."""
    made = fitted.ridge(TEST.mel[0], lookahead_frames=2)
    assert made.shape == (24, 55)
    assert follows(made, 0) > 0.95
    with pytest.raises(AssetError, match="lookahead"):
        fitted.ridge(TEST.mel[0], lookahead_frames=5)


def test_what_is_saved_is_what_is_loaded(fitted: Baselines, tmp_path: Path) -> None:
    """Bit for bit."""
    save_baselines(tmp_path / "b.npz", fitted)
    again = load_baselines(tmp_path / "b.npz")
    assert (again.ridge(TEST.mel[0], 2) == fitted.ridge(TEST.mel[0], 2)).all()
    assert (
        again.jaw_from_loudness(TEST.loudness[0]) == fitted.jaw_from_loudness(TEST.loudness[0])
    ).all()
    assert again.trained.tolist() == fitted.trained.tolist()
    with pytest.raises(AssetError, match="baselines are missing"):
        load_baselines(tmp_path / "none.npz")


def test_the_shipped_file_is_small_and_serves_every_profile() -> None:
    """A ridge for each lookahead; below 300 kB."""
    assert BASELINES.stat().st_size < 300_000
    shipped = load_baselines()
    assert {p.lookahead_frames for p in PROFILES.values()} <= set(shipped.ridges)
    assert len(shipped.trained) == len(set(shipped.trained.tolist())) > 700


def test_a_fingerprint_tells_recordings_apart_whatever_follows_the_words() -> None:
    """Name and word times count; silence at the end does not."""
    words = np.array(["", "bin", "bin", "", "blue", ""])
    assert fingerprint("a", words) == fingerprint("a", words[:5])
    assert fingerprint("a", words) != fingerprint("b", words)
    assert fingerprint("a", words) != fingerprint("a", np.roll(words, 1))


@pytest.mark.slow
def test_the_command_learns_from_recorded_training_clips_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not from other splits."""
    pairs, out = tmp_path / "pairs.npz", tmp_path / "out.npz"
    TRAIN.save(pairs)
    monkeypatch.setattr(sys, "argv", ["baselines", "--pairs", str(pairs), "--out", str(out)])
    main()
    learned = TRAIN.select(TRAIN.split == "train")
    assert f"{len(learned)} clips" in capsys.readouterr().out
    assert np.allclose(load_baselines(out).mean, learned.motion.mean(axis=(0, 1)), atol=1e-6)
