"""A head with mass."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.motion.head import LAG_FRAMES, carry, head_state
from stream_engine.types import F32

AHEAD = np.zeros((1, 2), np.float32)


def carried(asked: F32, place: F32 = AHEAD, first: int = 100) -> F32:
    """Where a head goes, [T, 3]."""
    state, out = head_state(1), []
    for frame, row in enumerate(asked, first):
        state = carry(state, row[None], place, np.array([frame]))
        out.append(state.at[0])
    return np.stack(out)


@given(st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_a_jump_of_what_is_asked_becomes_a_turn(seed: int) -> None:
    """A step of 5 degrees: at most a third of it in a frame, no overshoot, there in 8 frames."""
    step = np.radians(5.0) * np.sign(np.random.default_rng(seed).standard_normal(3))
    found = carried(np.tile(step, (25, 1)).astype(np.float32))
    moved = np.abs(np.diff(found, axis=0, prepend=np.zeros((1, 3))))
    assert moved.max() < np.radians(5.0) * 0.37
    assert np.abs(found).max() <= np.radians(5.0) * 1.001
    assert np.abs(found[8] - step).max() < np.radians(5.0) * 0.05


def test_a_steady_turn_is_shown_two_frames_late() -> None:
    """As `LAG_FRAMES` says."""
    asked = np.linspace(0.0, 0.5, 100)[:, None].repeat(3, axis=1).astype(np.float32)
    late = (asked[-1, 0] - carried(asked)[-1, 0]) / (asked[1, 0] - asked[0, 0])
    assert late == pytest.approx(LAG_FRAMES, abs=0.6)
    assert LAG_FRAMES < 2.0


def test_the_head_takes_a_part_of_far_looks_and_none_of_near_ones() -> None:
    """Its share comes later than the eyes, and smoothly."""
    still = np.zeros((50, 3), np.float32)
    near = carried(still, np.array([[2.0, 0.0]], np.float32))
    far = np.degrees(carried(still, np.array([[12.0, 4.0]], np.float32)))
    assert not near.any()
    assert far[-1, 1] > 2.0
    assert far[-1, 0] < -0.5
    assert np.abs(far[3]).max() < 0.4 * np.abs(far[-1]).max()
    assert np.abs(np.diff(far, n=2, axis=0)).max() < 0.15


def test_a_session_begins_without_haste() -> None:
    """A head that is to be elsewhere at once is there in a second, at 15 degrees a second."""
    asked = np.full((40, 3), np.radians(5.0), np.float32)
    found = np.degrees(carried(asked, first=0))
    assert np.abs(np.diff(found, axis=0)).max() < 0.6
    assert found[25].min() > 4.7
