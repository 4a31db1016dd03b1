"""States joined, taken apart and kept in slots."""

from dataclasses import dataclass, fields

import numpy as np
import pytest

from stream_engine.motion.emotion import Manner
from stream_engine.motion.expression import Expression
from stream_engine.motion.slots import SlotTable, arrays_of, size_of, slot_of, stack_states
from stream_engine.motion.state import MotionState, initial_state
from stream_engine.motion.window import PROFILES
from stream_engine.types import F32
from tests.fakes.linear_models import LinearEncoder, LinearSampler


@dataclass(frozen=True)
class Pair:
    """A state of one array, one state and one that is not there."""

    value: F32
    inner: "Pair | None"


def pair(*values: float) -> Pair:
    """A batch of such states; the inner one holds ten times the value."""
    column = np.array(values, np.float32)[:, None]
    return Pair(column, Pair(10 * column, None))


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


def test_states_may_hold_states() -> None:
    """The expression's state, which holds that of idle life, is taken apart the same way."""
    expression = Expression(PROFILES["balanced"])
    rows = np.stack([Manner("happy").row(), Manner("sad").row()])
    both = expression.initial_state(np.array([3, 4], np.uint64), rows)
    again = stack_states([slot_of(both, 0), slot_of(both, 1)])
    assert np.array_equal(again.manner.at, both.manner.at)
    assert np.array_equal(again.idle.phase, both.idle.phase)
    assert size_of(again) == size_of(both) == 2 * size_of(slot_of(both, 0))


@pytest.mark.parametrize("slots", [[0, 1, 2], [3, 1], [4], [2, 3], [1, 0]])
def test_a_table_gives_what_was_put_and_touches_nothing_else(slots: list[int]) -> None:
    """Neighbours, strangers, in any order."""
    table, everyone = SlotTable(pair(0), 5), np.arange(5)
    table.put(everyone, pair(1, 2, 3, 4, 5))
    wanted = [100.0 + slot for slot in slots]
    table.put(np.array(slots), pair(*wanted))
    got = table.take(np.array(slots))
    assert got.value[:, 0].tolist() == wanted
    assert got.inner is not None
    assert got.inner.value[:, 0].tolist() == [10 * value for value in wanted]
    assert got.inner.inner is None
    others = [slot for slot in everyone if slot not in slots]
    assert (table.take(everyone).value[others, 0] == np.array(others) + 1.0).all()
    assert table.slot_bytes == 8
    assert len(list(arrays_of(got))) == 2


def test_a_state_may_be_one_array() -> None:
    """The least there is."""
    table = SlotTable(Pair(np.zeros((1, 1), np.float32), None), 2)
    table.put(np.array([1]), Pair(np.ones((1, 1), np.float32), None))
    assert table.take(np.array([0, 1])).value[:, 0].tolist() == [0.0, 1.0]
