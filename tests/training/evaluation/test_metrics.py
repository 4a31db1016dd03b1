"""Lip metrics on tracks worked out by hand."""

import numpy as np
import pytest

from training.evaluation.metrics import LIP_METRICS, LipTrack, mean_scores, score_clips

WORDS = np.zeros((2, 30), bool)
WORDS[:, 10:20] = True


def random_track(seed: int = 0) -> LipTrack:
    random = np.random.default_rng(seed)
    return LipTrack(*(random.normal(size=s) for s in ((2, 30), (2, 30), (2, 30, 4, 3))))


def test_the_truth_scores_best_and_words_are_told_apart() -> None:
    """Perfect motion: correlation 1, error 0; a track right only outside words fails inside."""
    real = random_track()
    best = score_clips(real, real, WORDS)
    assert set(best) == {*LIP_METRICS, *(f"{name}_words" for name in LIP_METRICS)}
    for name, values in best.items():
        wanted = 1.0 if "pcc" in name or "ccc" in name else 0.0
        assert values.shape == (2,)
        assert np.allclose(values, wanted, atol=1e-9), name
    wrong = np.where(WORDS, -real.gap, real.gap)
    worse = score_clips(LipTrack(wrong, real.width, real.points), real, WORDS)
    assert np.allclose(worse["gap_pcc_words"], -1.0)
    assert np.allclose(worse["width_pcc_words"], 1.0)
    assert (worse["mod_mm_words"] > worse["mod_mm"]).all()


def test_lve_is_the_largest_point_error_per_frame() -> None:
    """One point 3-4-0 off in every frame of a word: 5 mm there, half of that over all."""
    real = LipTrack(np.zeros((1, 8)), np.zeros((1, 8)), np.zeros((1, 8, 3, 3)))
    off = np.zeros((1, 8, 3, 3))
    off[:, :4, 1] = (3.0, 4.0, 0.0)
    words = np.arange(8)[None] < 4
    scores = score_clips(LipTrack(real.gap, real.width, off), real, words)
    assert scores["lve_mm"] == pytest.approx(2.5)
    assert scores["lve_mm_words"] == pytest.approx(5.0)


def test_padding_and_lost_faces_change_nothing() -> None:
    """A clip scores the same alone and padded beside a longer one; lost frames do not count."""
    real, made = random_track(1), random_track(2)
    valid = np.ones((2, 30), bool)
    valid[1, 24:] = False
    spoilt = [np.where(valid.reshape(2, 30, *[1] * (t.ndim - 2)), t, 99.0)
              for t in (made.gap, made.width, made.points)]  # fmt: skip
    both = score_clips(LipTrack(*spoilt), real, WORDS, valid)
    cut = [LipTrack(*(t[1:, :24] for t in (x.gap, x.width, x.points))) for x in (made, real)]
    alone = score_clips(*cut, WORDS[1:, :24])
    for name, values in alone.items():
        assert both[name][1] == pytest.approx(values[0]), name


def test_a_clip_without_words_is_unknown_over_words() -> None:
    """Not zero: left out of the mean."""
    real = random_track()
    scores = score_clips(real, real, np.zeros((2, 30), bool))
    assert np.isnan(scores["gap_pcc_words"]).all()
    assert np.allclose(scores["gap_pcc"], 1.0)


def test_samples_are_averaged_clip_by_clip() -> None:
    """A sample that has no value for a clip is left out of that clip's mean."""
    rows = [{"a": np.array([1.0, np.nan])}, {"a": np.array([3.0, 5.0])}]
    assert mean_scores(rows)["a"].tolist() == [2.0, 5.0]
