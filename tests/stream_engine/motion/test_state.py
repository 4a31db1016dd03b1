"""The state of motion as a value."""

from dataclasses import fields

import numpy as np

from stream_engine.motion.emotion import Manner
from stream_engine.motion.expression import Expression
from stream_engine.motion.state import MotionState, initial_state, size_of, slot_of, stack_states
from stream_engine.motion.window import PROFILES
from tests.fakes.linear_models import LinearEncoder, LinearSampler


def test_stacking_and_taking_apart_are_inverse() -> None:
    """A slot comes out of a batch as it went in, as a copy."""
    one = initial_state(LinearEncoder(), LinearSampler(), PROFILES["balanced"], 1)
    two = initial_state(LinearEncoder(), LinearSampler(), PROFILES["balanced"], 1)
    two.cache[:] = 7.0
    batch = stack_states([one, two])
    for index, original in enumerate((one, two)):
        slot = slot_of(batch, index)
        for item in fields(MotionState):
            assert np.array_equal(getattr(slot, item.name), getattr(original, item.name))
    slot_of(batch, 1).cache[:] = 0.0
    assert (batch.cache[1] == 7.0).all()


def test_a_new_state_is_empty_and_begins_before_the_first_frame() -> None:
    """Zeros everywhere, and the window starts a lookahead early."""
    state = initial_state(LinearEncoder(), LinearSampler(), PROFILES["quality"], 3)
    assert state.frame.tolist() == [-6, -6, -6]
    for item in fields(MotionState)[1:]:
        assert not getattr(state, item.name).any()
    assert state.size_bytes > 0


def test_states_may_hold_states() -> None:
    """The expression's state, which holds that of idle life, is taken apart the same way."""
    expression = Expression(PROFILES["balanced"])
    rows = np.stack([Manner("happy").row(), Manner("sad").row()])
    both = expression.initial_state(np.array([3, 4], np.uint64), rows)
    again = stack_states([slot_of(both, 0), slot_of(both, 1)])
    assert np.array_equal(again.manner, both.manner)
    assert np.array_equal(again.idle.phase, both.idle.phase)
    assert size_of(again) == size_of(both) == 2 * size_of(slot_of(both, 0))
