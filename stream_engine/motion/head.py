"""A head with mass: what turns it is filtered, far looks take it along, and it nods.

Latency: what the model says of the head is shown about two frames late (`LAG_FRAMES`); lips are
not touched.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.motion.spring import approach
from stream_engine.types import F32, MOTION_FPS

_RATE = 26.0
LAG_FRAMES = 2.0 / _RATE * MOTION_FPS
"""How late a steady turn is shown."""
_WAKING_RATE, _WAKING_FRAMES = 5.0, 1.0 * MOTION_FPS
"""A session begins upright, wherever the model has its head: it goes there without haste."""
_FOLLOW_RATE, _FOLLOW_SHARE, _FOLLOW_FROM_DEGREES = 5.5, 0.35, 3.0

_UP_IS_PITCH_BELOW_0 = np.radians(np.array([-1.0, 1.0])).astype(np.float32)


@dataclass(frozen=True, slots=True)
class HeadState:
    """Where the heads of B sessions are.

    Attributes:
        at: Pitch, yaw and roll, radians, float32 [B, 3].
        speed: Their change a second, float32 [B, 3].
        follow: Pitch and yaw that the eyes have asked for, radians, float32 [B, 2].
        following: Their change a second, float32 [B, 2].
    """

    at: F32
    speed: F32
    follow: F32
    following: F32


def head_state(batch: int) -> HeadState:
    """Heads of ``batch`` sessions that have not begun: upright."""
    three, two = np.zeros((batch, 3), np.float32), np.zeros((batch, 2), np.float32)
    return HeadState(three, three, two, two)


def carry(state: HeadState, asked: F32, place: F32, frame: NDArray[np.int64]) -> HeadState:
    """Move heads on by one frame.

    Args:
        state: Of B sessions.
        asked: Pitch, yaw and roll that model and listening want, radians, float32 [B, 3].
        place: Where the eyes look, degrees to the left and up, float32 [B, 2].
        frame: How many frames there have been, int64 [B].

    Returns:
        The state of this frame.
    """
    # Eyes do near looks alone; of far ones the head takes a part, later (Freedman & Sparks 1997).
    far = np.sqrt(place[:, :1] ** 2 + place[:, 1:] ** 2)
    share = _FOLLOW_SHARE * np.maximum(1.0 - _FOLLOW_FROM_DEGREES / np.maximum(far, 1e-6), 0.0)
    wanted = place[:, ::-1] * share * _UP_IS_PITCH_BELOW_0
    follow, following = approach(state.follow, state.following, wanted, _FOLLOW_RATE)
    to = asked.copy()
    to[:, :2] += follow
    at, speed = approach(state.at, state.speed, to, _rate(frame))
    return HeadState(at, speed, follow, following)


def _rate(frame: NDArray[np.int64]) -> float | NDArray[np.float32]:
    """How quickly heads follow, 1/s: one number once all are awake, else one of each."""
    if not np.count_nonzero(frame < _WAKING_FRAMES):
        return _RATE
    awake = np.minimum(np.maximum(frame / _WAKING_FRAMES, 0.0), 1.0)
    return (_WAKING_RATE + (_RATE - _WAKING_RATE) * awake).astype(np.float32)[:, None]
