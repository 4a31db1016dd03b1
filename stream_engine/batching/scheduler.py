"""Whose turn it is: pure decisions about batches.

Windows that are due are taken by deadline, together with all others of the same profile that are
due at that moment; nobody waits for a batch to fill.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.batching.lane_table import I64
from stream_engine.motion.slots import Slots

_FORGET = 0.98
"""What is kept of older batches, per batch, when a cost is worked out."""

_GROWTH = 2
"""Largest batch tried, over the largest seen."""


@dataclass(slots=True)
class BatchCost:
    """Seconds a batch takes by its size: so much for each batch and so much for each session.

    A straight line through what was measured, the newest weighing most (least squares).
    """

    _weight: float = 0.0
    _size: float = 0.0
    _square: float = 0.0
    _seconds: float = 0.0
    _product: float = 0.0
    _largest: int = 1

    def observe(self, sessions: int, seconds: float) -> None:
        """Take one measurement."""
        self._weight = _FORGET * self._weight + 1.0
        self._size = _FORGET * self._size + sessions
        self._square = _FORGET * self._square + sessions**2
        self._seconds = _FORGET * self._seconds + seconds
        self._product = _FORGET * self._product + sessions * seconds
        self._largest = max(self._largest, sessions)

    def line(self) -> tuple[float, float]:
        """Seconds per batch and per session; while all batches are of one size, all the latter."""
        apart = self._weight * self._square - self._size**2
        if apart <= 1e-6 * self._weight * self._square:
            return 0.0, self._seconds / self._size if self._size else 0.0
        each = (self._weight * self._product - self._size * self._seconds) / apart
        return (self._seconds - each * self._size) / self._weight, each

    def predict(self, sessions: int) -> float:
        """Seconds expected of a batch."""
        fixed, each = self.line()
        return max(0.0, fixed + each * sessions)

    def largest(self, budget_s: float) -> int:
        """Most sessions that fit a budget, at least one; at most twice as many as were seen."""
        fixed, each = self.line()
        fitting = (budget_s - fixed) / each if each > 0.0 else np.inf
        return max(1, int(min(fitting, _GROWTH * self._largest)))


def next_batch(
    rows: Slots,
    kind: I64,
    deadline_s: NDArray[np.float64],
    costs: Sequence[BatchCost],
    budget_s: float,
) -> tuple[int, Slots]:
    """Choose the next batch.

    Args:
        rows: Those that are due, intp [B], at least one.
        kind: What each is, from 0 on; a batch holds one kind only.
        deadline_s: When the next hop of each is complete.
        costs: Of each kind.
        budget_s: A batch should take no longer, so that other kinds get their turn.

    Returns:
        The kind of the row with the earliest deadline, and its rows, the earliest of them if not
        all fit; in order, so that neighbours stay neighbours.
    """
    chosen = int(kind[deadline_s.argmin()])
    mine = np.flatnonzero(kind == chosen)
    limit = costs[chosen].largest(budget_s)
    if len(mine) > limit:
        mine = mine[np.argsort(deadline_s[mine], kind="stable")[:limit]]
    return chosen, np.sort(rows[mine])
