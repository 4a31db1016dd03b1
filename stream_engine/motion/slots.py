"""Values with a batch axis: joined, taken apart, and kept in fixed slots.

A *state* is a frozen dataclass of arrays whose first axis is the session, of states, and of None.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

State = TypeVar("State")
Array = NDArray[Any]
Slots = NDArray[np.intp]


def map_arrays(function: Callable[..., Any], *states: State) -> State:
    """Apply a function to the arrays of states of one kind, field by field.

    Args:
        function: Takes one array of each state.
        *states: At least one.

    Returns:
        A state of what the function gave.
    """
    kind: Any = type(states[0])
    made = []
    for name in _names(kind):
        parts = [getattr(state, name) for state in states]
        if isinstance(parts[0], np.ndarray):
            made.append(function(*parts))
        else:
            made.append(None if parts[0] is None else map_arrays(function, *parts))
    joined: State = kind(*made)
    return joined


def arrays_of(state: Any) -> Iterator[Array]:
    """Go through all arrays of a state."""
    kind: Any = type(state)
    for name in _names(kind):
        part = getattr(state, name)
        if isinstance(part, np.ndarray):
            yield part
        elif part is not None:
            yield from arrays_of(part)


@cache
def _names(kind: Any) -> tuple[str, ...]:
    """Fields of a kind of state, in order; looked up a hundred times a hop."""
    return tuple(item.name for item in fields(kind))


def stack_states(states: Sequence[State]) -> State:
    """Join states of the same kind and profile into one batch."""
    return map_arrays(lambda *parts: np.concatenate(parts), *states)


def slot_of(state: State, index: int) -> State:
    """Copy one session out of a batch, still with its batch axis."""
    return map_arrays(lambda part: part[index : index + 1].copy(), state)


def size_of(state: Any) -> int:
    """Bytes of all arrays."""
    return sum(part.nbytes for part in arrays_of(state))


class SlotTable(Generic[State]):
    """A fixed number of sessions' states; a batch is gathered from it and written back.

    *State*: ``capacity`` slots, allocated once. *Thread*: one at a time.
    *Buffers*: what ``take`` gives may be a view into the table: read it, and ``put`` before the
    next ``take``.

    Args:
        example: A batch of any size; gives shapes and dtypes.
        capacity: Slots.
    """

    def __init__(self, example: State, capacity: int) -> None:
        self.capacity = capacity
        # Half a hundred small arrays, twice a hop: what walks through them is made once.
        self._arrays = [
            np.zeros((capacity, *part.shape[1:]), part.dtype) for part in arrays_of(example)
        ]
        self._parts = attrgetter(*_paths(example))
        self._made = _maker(example)

    @property
    def slot_bytes(self) -> int:
        """Memory of one slot."""
        return sum(part.nbytes for part in self._arrays) // self.capacity

    def take(self, slots: Slots) -> State:
        """Gather a batch."""
        at = _place(slots)
        taken: State = self._made(iter([part[at] for part in self._arrays]))
        return taken

    def put(self, slots: Slots, state: State) -> None:
        """Write a batch, of the example's kinds, back into its slots."""
        at = _place(slots)
        parts = self._parts(state) if len(self._arrays) > 1 else (self._parts(state),)
        for kept, new in zip(self._arrays, parts, strict=True):
            kept[at] = new


def _paths(state: Any, before: str = "") -> Iterator[str]:
    """Where in a state its arrays are, as ``attrgetter`` takes it."""
    kind: Any = type(state)
    for name in _names(kind):
        part = getattr(state, name)
        if isinstance(part, np.ndarray):
            yield before + name
        elif part is not None:
            yield from _paths(part, f"{before}{name}.")


def _maker(state: Any) -> Callable[[Iterator[Array]], Any]:
    """What makes a state of the same kinds out of arrays in order."""
    kind: Any = type(state)
    makers: list[Callable[[Iterator[Array]], Any]] = []
    for name in _names(kind):
        part = getattr(state, name)
        if isinstance(part, np.ndarray):
            makers.append(next)
        else:
            makers.append(_nothing if part is None else _maker(part))
    return lambda arrays: kind(*[make(arrays) for make in makers])


def _nothing(arrays: Iterator[Array]) -> None:
    del arrays


def _place(slots: Slots) -> Slots | slice:
    """Neighbouring slots as a slice, which is a view and copies nothing."""
    first, last = int(slots[0]), int(slots[-1])
    if last - first == len(slots) - 1 and (np.diff(slots) == 1).all():
        return slice(first, last + 1)
    return slots
