"""Metrics of movement on tracks worked out by hand."""

import numpy as np
import pytest

from training.dynamics import (
    alignment,
    diversity,
    dynamics_deviation,
    extrema,
    extremum_lag_ms,
    join_jump,
    loudness_follows_lips,
    silence_stability,
    smoothed,
)

WAVE = np.sin(np.arange(80) * 0.25)


def test_turns_are_found() -> None:
    """Maxima and minima of a zigzag."""
    tops, bottoms = extrema(np.array([0.0, 2, 1, 0, 3, 1]))
    assert tops.tolist() == [1, 4]
    assert bottoms.tolist() == [3]


@pytest.mark.parametrize("late", [0, 2, 4])
def test_a_late_copy_is_late_by_its_delay(late: int) -> None:
    """MTM of a shifted wave is the shift."""
    shifted = np.sin((np.arange(80) - late) * 0.25)
    assert extremum_lag_ms(shifted, WAVE) == pytest.approx(40.0 * late, abs=8.0)


def test_a_flat_track_has_no_turns() -> None:
    """Nothing to pair."""
    assert np.isnan(extremum_lag_ms(np.zeros(80), WAVE))


def test_alignment_is_monotone_and_identity_on_itself() -> None:
    """Warping never goes back."""
    assert alignment(WAVE, WAVE).tolist() == list(range(80))
    mapped = alignment(WAVE, np.roll(WAVE, 3))
    assert (np.diff(mapped) >= 0).all()


def test_smoothing_keeps_level() -> None:
    """A constant stays constant."""
    assert np.allclose(smoothed(np.full(30, 2.5)), 2.5)


def test_a_still_upper_face_lacks_liveliness() -> None:
    """FDD is 0 for the truth and positive for a mask."""
    real = np.random.default_rng(0).normal(size=(2, 40, 5, 3))
    assert dynamics_deviation(real, real) == 0.0
    assert dynamics_deviation(np.zeros_like(real), real) > 0.5


def test_equal_samples_have_no_diversity() -> None:
    """Two samples a distance of 5 apart in every point: 5."""
    one = np.zeros((1, 2, 4, 3, 3))
    other = one + np.array([3.0, 4.0, 0.0])
    assert diversity(np.concatenate([one, one])) == 0.0
    assert diversity(np.concatenate([one, other])) == pytest.approx(5.0)


def test_loud_clips_with_wide_mouths_correlate() -> None:
    """SLCC of gap spread proportional to loudness is 1."""
    loud = np.array([1.0, 2.0, 3.0])[:, None] * np.ones((3, 20))
    gap = np.array([1.0, 2.0, 3.0])[:, None] * WAVE[:20]
    assert loudness_follows_lips(loud, gap) == pytest.approx(1.0)


def test_only_silence_before_speech_counts() -> None:
    """Movement inside words is not instability."""
    words = np.zeros((1, 40), bool)
    words[0, 20:] = True
    gap = np.where(words, np.arange(40.0), 0.0)
    assert silence_stability(gap, words) == 0.0
    assert silence_stability(np.arange(40.0)[None], words) > 1.0


def test_a_jump_at_every_join_is_seen() -> None:
    """Steps at even frames only, against a smooth ramp."""
    ramp = np.arange(20.0)[None, :, None] * 0.1
    stairs = np.floor(np.arange(20) / 2)[None, :, None] + ramp
    assert join_jump(ramp, 2) == pytest.approx(1.0)
    assert join_jump(stairs, 2) > 5.0
    assert np.isnan(join_jump(ramp, 1))
