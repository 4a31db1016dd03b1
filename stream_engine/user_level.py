"""How loud the user is, for a face that a bot speaks through: it listens to them."""

import numpy as np

from stream_engine.batching.lane import Lane, hear
from stream_engine.motion.emotion import NOTHING_HEARD
from stream_engine.types import F32, TICKS_PER_SECOND

_PIECE = TICKS_PER_SECOND // 10
"""Samples between two levels: ten a second."""


class UserLevel:
    """Measures a microphone that nobody speaks through, and tells the lane.

    *State*: two numbers. *Thread*: the loop.

    Args:
        lane: Whose face listens.
    """

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._power, self._count = 0.0, 0

    def push(self, samples: F32) -> None:
        """Take received sound, float32 [N] at 48 kHz."""
        self._power += float(np.square(samples, dtype=np.float64).sum())
        self._count += len(samples)
        if self._count >= _PIECE:
            mean = min(self._power / self._count, 1.0)
            level = 10.0 * np.log10(mean) if mean > 0.0 else NOTHING_HEARD[0]
            hear(self._lane, max(float(level), NOTHING_HEARD[0]))
            self._power, self._count = 0.0, 0
