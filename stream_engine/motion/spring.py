"""A critically damped spring: what has mass arrives without a jump and without ringing."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from stream_engine.types import F32, MOTION_FPS

NEARLY = 4.744
"""Rate times time after which 95 % of a step are done: the root of exp(-x) (1 + x) = 0.05."""


def approach(at: F32, speed: F32, to: F32, rate: float | NDArray[np.float32]) -> tuple[F32, F32]:
    """Move on by one frame, solved exactly, so that no rate is too quick.

    Args:
        at: Where things are, float32 [B, N].
        speed: Their change a second, float32 [B, N].
        to: Where they are drawn, float32 [B, N].
        rate: How quickly, 1/s; one number, or one of each session, [B, 1].

    Returns:
        Where they are a frame later, and their speed.
    """
    step, decay = _steps(rate) if isinstance(rate, float) else _decays(rate)
    away = at - to
    drive = speed / MOTION_FPS + step * away
    here: F32 = (to + (away + drive) * decay).astype(np.float32)
    faster: F32 = ((speed - rate * drive) * decay).astype(np.float32)
    return here, faster


def _decays(rate: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    step = rate.astype(np.float64) / MOTION_FPS
    return step, np.exp(-step)


@cache
def _steps(rate: float) -> tuple[np.float64, np.float64]:
    """The same bits as in an array, looked up: a spring is asked a hundred times a second."""
    step, decay = _decays(np.full(1, rate, np.float32))
    return step[0], decay[0]
