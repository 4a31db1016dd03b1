"""The state of motion as a value."""

from dataclasses import fields

from stream_engine.motion.state import MotionState, initial_state
from stream_engine.motion.window import PROFILES
from tests.fakes.linear_models import LinearEncoder, LinearSampler


def test_a_new_state_is_empty_and_begins_before_the_first_frame() -> None:
    """Zeros everywhere, and the window starts a lookahead early."""
    state = initial_state(LinearEncoder(), LinearSampler(), PROFILES["quality"], 3)
    assert state.frame.tolist() == [-6, -6, -6]
    for item in fields(MotionState)[1:]:
        assert not getattr(state, item.name).any()
    assert state.size_bytes > 0
