"""Metrics of movement on tracks worked out by hand."""

import numpy as np
import pytest

from stream_engine.motion.window import LatencyProfile
from training.evaluation.dynamics import (
    diversity,
    dynamics_deviation,
    extrema,
    frame_speed,
    join_jump,
    mean_lag_ms,
    silence_stability,
    smoothed,
    turn_lags_ms,
)

WAVE = np.sin(np.arange(80) * 0.25)
ALL = np.ones((1, 80), bool)
PAIRWISE = LatencyProfile("pairs", hop_frames=2, lookahead_frames=2)


def mtm(predicted: np.ndarray, frames: np.ndarray = ALL) -> float:
    return float(mean_lag_ms(turn_lags_ms(predicted[None], WAVE[None], ALL), frames)[0])


def test_turns_are_found() -> None:
    """Maxima and minima of a zigzag."""
    tops, bottoms = extrema(np.array([0.0, 2, 1, 0, 3, 1]))
    assert tops.tolist() == [1, 4]
    assert bottoms.tolist() == [3]


@pytest.mark.parametrize("late", [0, 2, 4])
def test_a_late_copy_is_late_by_its_delay(late: int) -> None:
    """MTM of a shifted wave is the shift."""
    assert mtm(np.sin((np.arange(80) - late) * 0.25)) == pytest.approx(40.0 * late, abs=8.0)


def test_only_turns_inside_the_chosen_frames_count() -> None:
    """A track that is late in its second half only is in time in the first."""
    at = np.arange(80)
    bent = np.sin((at - 4 * (at > 40)) * 0.25)
    assert mtm(bent, at[None] < 34) < 20.0
    assert mtm(bent, at[None] > 46) == pytest.approx(160.0, abs=20.0)


def test_a_flat_track_has_no_turns() -> None:
    """Nothing to pair."""
    assert np.isnan(mtm(np.zeros(80)))


def test_smoothing_keeps_level() -> None:
    """A constant stays constant."""
    assert np.allclose(smoothed(np.full(30, 2.5)), 2.5)


def test_a_still_upper_face_lacks_liveliness() -> None:
    """FDD is 0 for the truth and positive for a mask."""
    real = np.random.default_rng(0).normal(size=(2, 40, 5, 3))
    frames = np.ones((2, 40), bool)
    assert dynamics_deviation(real, real, frames).tolist() == [0.0, 0.0]
    assert (dynamics_deviation(np.zeros_like(real), real, frames) > 0.5).all()


def test_equal_samples_have_no_diversity() -> None:
    """Two samples a distance of 5 apart in half of the frames."""
    one = np.zeros((1, 2, 4, 3, 3))
    other = one + np.array([3.0, 4.0, 0.0])
    other[:, :, 2:] = 0.0
    frames = np.ones((2, 4), bool)
    assert diversity(np.concatenate([one, one]), frames).tolist() == [0.0, 0.0]
    assert np.allclose(diversity(np.concatenate([one, other]), frames), 2.5)
    frames[:, 2:] = False
    assert np.allclose(diversity(np.concatenate([one, other]), frames), 5.0)
    assert np.isnan(diversity(one, frames)).all()


def test_only_silence_before_speech_counts() -> None:
    """Movement inside words is not instability; no silence, no figure."""
    words = np.arange(40)[None] >= 20
    ramp, valid = np.arange(40.0)[None], np.ones((1, 40), bool)
    assert silence_stability(np.where(words, ramp, 0.0), words, valid) == 0.0
    assert silence_stability(ramp, words, valid) == pytest.approx(np.arange(18.0).std())
    assert np.isnan(silence_stability(ramp, valid, valid)).all()
    assert np.isnan(silence_stability(ramp, ~valid, valid)).all()


def test_a_jump_at_every_join_is_seen() -> None:
    """Steps at even frames only, against a smooth ramp."""
    at, valid = np.arange(20), np.ones((1, 20), bool)
    ramp = at[None, :, None] * 0.1
    stairs = np.floor(at / 2)[None, :, None] + ramp
    assert join_jump(ramp, PAIRWISE, valid) == pytest.approx(1.0)
    assert (join_jump(stairs, PAIRWISE, valid) > 5.0).all()
    odd = LatencyProfile("odd", hop_frames=2, lookahead_frames=1)
    assert (join_jump(stairs, odd, valid) < 0.2).all()
    single = LatencyProfile("single", hop_frames=1, lookahead_frames=1)
    assert np.isnan(join_jump(ramp, single, valid)).all()


def test_speed_is_the_step_into_a_frame() -> None:
    """0 in the first frame."""
    assert frame_speed(np.array([[[0.0], [1.0], [-1.0]]])).tolist() == [[0.0, 1.0, 2.0]]
