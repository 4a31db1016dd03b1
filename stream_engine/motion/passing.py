"""Emotion and style as shown: what was asked for, and over it what comes, stays and goes.

All of it is one spring whose aim and quickness change, so that whatever is asked for, and however
often, the face goes there without a jump.
"""

from dataclasses import dataclass

import numpy as np

from stream_engine.motion.emotion import (
    APEX_S,
    MANNER_SIZE,
    NUMBER,
    OFFSET_S,
    ONSET_S,
    PASSING,
)
from stream_engine.motion.spring import NEARLY, approach
from stream_engine.types import F32, MOTION_FPS

BLEND_RATE = 12.0
"""Of a change that stays, 1/s: 95 % of it after 0.4 s."""
_OVER = np.float32(1e6)


@dataclass(frozen=True, slots=True)
class PassingState:
    """What B sessions show now.

    Attributes:
        at: Weight of each emotion, and style, float32 [B, 8].
        speed: Their change per second, float32 [B, 8].
        number: Of what passes or passed last, float32 [B].
        since: Frames since that began, float32 [B].
    """

    at: F32
    speed: F32
    number: F32
    since: F32


def passing_state(rows: F32) -> PassingState:
    """State of sessions that begin in a manner, rows of `Manner.row`, float32 [B, ROW_SIZE].

    What passes in those rows has passed.
    """
    at = rows[:, :MANNER_SIZE].copy()
    over = np.full(len(rows), _OVER, np.float32)
    return PassingState(at, np.zeros_like(at), rows[:, NUMBER].copy(), over)


def show(state: PassingState, rows: F32) -> PassingState:
    """Go on by one frame.

    Args:
        state: Of B sessions.
        rows: What is wanted, rows of `Manner.row`, float32 [B, ROW_SIZE].

    Returns:
        The state of this frame.
    """
    number = rows[:, NUMBER]
    lasting = rows[:, :MANNER_SIZE]
    if not np.count_nonzero(number):  # nothing passes anywhere: the usual case, and the quick one
        if not np.count_nonzero(state.speed) and np.array_equal(state.at, lasting):
            return state if not np.count_nonzero(state.number) else passing_state(rows)
        at, speed = approach(state.at, state.speed, lasting, BLEND_RATE)
        return PassingState(at, speed, number.copy(), np.full_like(number, _OVER))
    new = (number != state.number) & (number > 0.0)
    since = np.where(new, 0.0, np.minimum(state.since + 1.0, _OVER)).astype(np.float32)
    since = np.where(number > 0.0, since, _OVER)
    leaves = np.rint((rows[:, ONSET_S] + rows[:, APEX_S]) * MOTION_FPS)
    gone = leaves + np.rint(rows[:, OFFSET_S] * MOTION_FPS)
    stays = since < leaves
    to = lasting.copy()
    to[stays, : MANNER_SIZE - 1] = rows[stays, PASSING]
    takes = np.where(stays, rows[:, ONSET_S], rows[:, OFFSET_S])
    rate = np.where(since < gone, NEARLY / np.maximum(takes, 1e-3), BLEND_RATE)
    rates = rate.astype(np.float32)[:, None]
    # A spring that was quick and is slow now would be carried past its aim.
    most = np.abs(rates * (to - state.at))
    ahead = np.where(to >= state.at, np.minimum(state.speed, most), np.maximum(state.speed, -most))
    held = np.where(number[:, None] > 0.0, ahead, state.speed)
    at, speed = approach(state.at, held, to, rates)
    return PassingState(at, speed, number.copy(), since)
