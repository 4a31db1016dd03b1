"""Overlap blending."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.motion.blend import OverlapBlender, fade_weights
from stream_engine.motion.window import PROFILES, LatencyProfile


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_the_newest_window_always_dominates(profile: LatencyProfile) -> None:
    """The older prediction never weighs more than half, and less the further ahead."""
    weights = fade_weights(profile.lookahead_frames, 0.25)
    assert weights[0] == pytest.approx(0.25)
    assert (weights <= 0.5).all()
    assert (np.diff(weights) < 0).all()


@given(st.sampled_from(sorted(PROFILES)), st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_windows_that_agree_are_left_alone(name: str, seed: int) -> None:
    """If old and new predictions are equal, blending changes nothing."""
    profile = PROFILES[name]
    window = np.random.default_rng(seed).normal(size=(2, profile.window_frames, 3))
    window = window.astype(np.float32)
    held = window[:, : profile.lookahead_frames]
    blended = OverlapBlender().blend(window, held, np.ones(2, np.float32))
    assert np.array_equal(blended, window)


def test_a_first_window_is_not_blended() -> None:
    """Without an older prediction the window stands as it is; slots do not mix."""
    window = np.ones((2, 3, 4), np.float32)
    held = np.zeros((2, 2, 4), np.float32)
    blended = OverlapBlender().blend(window, held, np.array([0, 1], np.float32))
    assert (blended[0] == 1).all()
    assert np.allclose(blended[1].mean(axis=1), [0.75, 0.875, 1.0])


def test_blending_shrinks_a_jump() -> None:
    """Where windows disagree, what is emitted lies between them."""
    window = np.ones((1, 8, 1), np.float32)
    blended = OverlapBlender().blend(
        window, np.zeros((1, 6, 1), np.float32), np.ones(1, np.float32)
    )
    final = blended[:, :2]
    assert ((final > 0.5) & (final < 1.0)).all()
