"""What a silent face does while somebody talks to it: looks at them, nods, lifts its brows, leans.

Their voice comes as a level, a few times a second; when nothing comes, they are silent. Pure and
batched; what is random is drawn by seed and frame.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.motion.arkit import INDEX
from stream_engine.motion.emotion import NOTHING_HEARD
from stream_engine.motion.noise import Draw
from stream_engine.motion.quiet import QuietState, listen, quiet_state
from stream_engine.motion.spring import approach
from stream_engine.types import F32, MOTION_FPS

DRAWS = 5

_FULL_SCALE_DB = 54.0
"""What a level in dB of full scale has less than `quiet.loudness`."""
_STALE_FRAMES = 15
_PHRASE_FRAMES, _LONG_FRAMES = 0.6 * MOTION_FPS, 3.0 * MOTION_FPS
_PATIENCE_FRAMES = 2.0 * MOTION_FPS
_NOD, _NOD_LONG, _NOD_AGAIN = 0.65, 0.9, 0.35
_NOD_FRAMES, _NOD_RADIANS, _NOD_LEAST = 15.0, np.radians(3.0), 0.6
_FLASH, _FLASH_FRAMES = 0.4, 13.0
_LEAN_RATE, _LEAN_PITCH, _LEAN_ROLL = 2.6, np.radians(0.9), np.radians(2.2)
_ATTENTION_RATE = 6.0
_OVER = np.float32(10_000.0)

_BROW_INNER = INDEX["browInnerUp"]
_BROW_OUTER = slice(INDEX["browOuterUpLeft"], INDEX["browOuterUpRight"] + 1)


@dataclass(frozen=True, slots=True)
class ListeningState:
    """What B sessions remember of who talks to them.

    Attributes:
        told: Number of the last level, float32 [B].
        age: Frames since it came, float32 [B].
        voice: Of their voice, as of our own.
        spoke: Frames of their phrase so far, float32 [B].
        hush: Frames since they last spoke, float32 [B].
        nod: Frames since the last nod began, float32 [B].
        size: How large it is, and how large the one after it, float32 [B, 2].
        flash: Frames since the brows last rose, float32 [B].
        side: To which side the head leans, float32 [B].
        lean: Attention, then pitch and roll of the head, as shown, float32 [B, 3].
        leaning: Their change a second, float32 [B, 3].
    """

    told: F32
    age: F32
    voice: QuietState
    spoke: F32
    hush: F32
    nod: F32
    size: F32
    flash: F32
    side: F32
    lean: F32
    leaning: F32

    @property
    def attention(self) -> F32:
        """How much they are attended to, float32 [B]."""
        return self.lean[:, 0]


def listening_state(batch: int) -> ListeningState:
    """State of ``batch`` sessions to which nobody has said anything."""
    zero, over = np.zeros(batch, np.float32), np.full(batch, _OVER, np.float32)
    still = np.zeros((batch, 3), np.float32)
    return ListeningState(
        told=zero,
        age=over,
        voice=quiet_state(batch),
        spoke=zero,
        hush=over,
        nod=over,
        size=np.zeros((batch, 2), np.float32),
        flash=over,
        side=zero,
        lean=still,
        leaning=still,
    )


def attend(state: ListeningState, heard: F32, rest: F32, draw: Draw) -> ListeningState:
    """Hear one more frame of whoever talks.

    Args:
        state: Of B sessions.
        heard: Their level, dB of full scale, and a number that changes with each, float32 [B, 2].
        rest: 0 while the face itself speaks, 1 when it rests, float32 [B].
        draw: Even draws of this frame, float32 [B, 5], asked for when somebody talks.

    Returns:
        The state of this frame.
    """
    told = heard[:, 1] != 0.0
    if not np.count_nonzero(told):  # nobody talks to anybody: the usual case, and the quick one
        return state
    age = np.where(heard[:, 1] != state.told, np.float32(0.0), state.age + 1.0)
    level = np.where(age < _STALE_FRAMES, heard[:, 0], NOTHING_HEARD[0]) + _FULL_SCALE_DB
    voice = listen(state.voice, np.maximum(level, -_FULL_SCALE_DB).astype(np.float32)[:, None])
    speaks = (voice.closing < state.voice.closing) | (voice.closing == 0.0)
    ended = (voice.closing == 1.0) & (state.voice.closing < 1.0)
    spoke = np.where(speaks, state.spoke + 1.0, state.spoke)
    mine, drawn = rest > 0.5, draw()
    begun = speaks & (state.hush > MOTION_FPS)
    # A nod at the end of what was a phrase; after a long one it would be rude not to.
    likely = np.where(spoke > _LONG_FRAMES, _NOD_LONG, _NOD)
    nods = ended & mine & (spoke >= _PHRASE_FRAMES) & (drawn[:, 0] < likely)
    large = _NOD_LEAST + (1.0 - _NOD_LEAST) * drawn[:, 1]
    again = np.where(drawn[:, 2] < _NOD_AGAIN, 0.55 * large, 0.0)
    sizes = np.stack([large, again], axis=1)
    flashes = begun & mine & (drawn[:, 3] < _FLASH)
    hush = np.where(speaks, np.float32(0.0), state.hush + 1.0)
    side = np.where(begun, 2.0 * drawn[:, 4] - 1.0, state.side)
    wanted = (mine & (hush < _PATIENCE_FRAMES)).astype(np.float32)
    to = wanted[:, None] * np.stack(
        [np.ones_like(side), np.full_like(side, _LEAN_PITCH), _LEAN_ROLL * side], axis=1
    )
    rates = np.array([_ATTENTION_RATE, _LEAN_RATE, _LEAN_RATE], np.float32)
    lean, leaning = approach(state.lean, state.leaning, to, rates)
    return ListeningState(
        told=heard[:, 1].copy(),
        age=np.minimum(age, _OVER).astype(np.float32),
        voice=_heard_by(told, state.voice, voice),
        spoke=np.where(ended, 0.0, spoke).astype(np.float32),
        hush=np.minimum(hush, _OVER).astype(np.float32),
        nod=np.where(nods, 0.0, np.minimum(state.nod + 1.0, _OVER)).astype(np.float32),
        size=np.where(nods[:, None], sizes, state.size).astype(np.float32),
        flash=np.where(flashes, 0.0, np.minimum(state.flash + 1.0, _OVER)).astype(np.float32),
        side=side.astype(np.float32),
        lean=lean,
        leaning=leaning,
    )


def _heard_by(told: NDArray[np.bool_], before: QuietState, after: QuietState) -> QuietState:
    """A room that nobody told of stays unknown."""
    return QuietState(
        floor=np.where(told, after.floor, before.floor),
        peak=np.where(told, after.peak, before.peak),
        closing=after.closing,
        rest=after.rest,
    )


def nodding(state: ListeningState) -> F32:
    """Pitch, yaw and roll that listening adds to the head, radians, float32 [B, 3]."""
    turns = np.zeros((len(state.nod), 3), np.float32)
    if not np.count_nonzero(state.told):
        return turns
    first = _hump(state.nod, _NOD_FRAMES) * state.size[:, 0]
    second = _hump(state.nod - _NOD_FRAMES, _NOD_FRAMES) * state.size[:, 1]
    turns[:, 0] = _NOD_RADIANS * (first + second) + state.lean[:, 1]
    turns[:, 2] = state.lean[:, 2]
    return turns


def lift_brows(face: F32, flash: F32) -> None:
    """Raise the brows of frames [N, D], in place, so many frames after a flash began, [N]."""
    if np.count_nonzero(flash < _FLASH_FRAMES):
        lifted = _hump(flash, _FLASH_FRAMES)
        face[:, _BROW_INNER] += 0.3 * lifted
        face[:, _BROW_OUTER] += 0.35 * lifted[:, None]


def _hump(since: F32, frames: float) -> F32:
    """Up and down again within so many frames, without a corner."""
    share = (since / frames).clip(0.0, 1.0)
    around: NDArray[np.float32] = (0.5 - 0.5 * np.cos(2.0 * np.pi * share)).astype(np.float32)
    return around
