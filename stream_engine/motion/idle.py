"""What a face does besides speaking: breathe, blink, look about, sway.

Pure and batched over sessions. Everything random is drawn by seed and absolute frame, so that the
same seed gives the same life however the stream is cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from stream_engine.motion.arkit import INDEX
from stream_engine.motion.noise import uniforms
from stream_engine.motion.quiet import QuietState, smoothstep
from stream_engine.types import F32, MOTION_FPS

Number = TypeVar("Number", np.float32, np.int64)

_BLINK = np.array([0.3, 0.85, 1.0, 0.7, 0.4, 0.18, 0.05, 0.0], np.float32)
"""Lids over a blink of 280 ms: down in three frames, up in five."""
_TALKING_BLINKS = 0.2
_AFTER_OWN = 3.0
_LID_SHUT = 0.5

_LOOK_FAR, _LOOK_BACK, _SACCADE = 0.13, 0.35, 0.65

_SWAY_HZ = np.array([0.043, 0.097, 0.19, 0.031, 0.083, 0.17, 0.037, 0.071, 0.15])
_SWAY_RADIANS = np.radians([0.35, 0.25, 0.12, 0.6, 0.35, 0.15, 0.3, 0.2, 0.1])
_BREATH_HZ, _WANDER_HZ, _WANDER = 0.24, 0.029, 0.8
_TURNS_HZ = np.array([*_SWAY_HZ, _BREATH_HZ, _WANDER_HZ])
_BREATH_PITCH, _BREATH_JAW, _BREATH_NOSE = np.radians(0.3), 0.012, 0.03
_TALKING_LIFE = 0.35
_PHASES = len(_TURNS_HZ)
_PHASE_FRAME = -(10**6)

# Slices rather than lists of columns: they are views, and the left eye's shapes stand seven
# before the right eye's.
_HEAD = slice(INDEX["headPitch"], INDEX["headRoll"] + 1)
_BOTH_EYES = INDEX["eyeBlinkRight"] - INDEX["eyeBlinkLeft"]
_EYES_END = INDEX["eyeWideRight"] + 1
LIDS = slice(INDEX["eyeBlinkLeft"], _EYES_END, _BOTH_EYES)
_WIDE = slice(INDEX["eyeWideLeft"], _EYES_END, _BOTH_EYES)
_SQUINT = slice(INDEX["eyeSquintLeft"], _EYES_END, _BOTH_EYES)
_SNEER = slice(INDEX["noseSneerLeft"], INDEX["noseSneerRight"] + 1)
_JAW = slice(INDEX["jawOpen"], INDEX["mouthClose"] + 1)
_LOOK_LEFT = slice(INDEX["eyeLookDownLeft"], INDEX["eyeLookUpLeft"] + 1)
_LOOK_RIGHT = slice(INDEX["eyeLookDownRight"], INDEX["eyeLookUpRight"] + 1)
_LOOK_AXIS = np.array([1, 0, 0, 1, 1, 0, 0, 1])
_LOOK_SIGN = np.array([-1, -1, 1, 1, -1, 1, -1, 1], np.float32)
"""Down, in, out, up of the left eye, then of the right, from a gaze to the left and up."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A log-normal time between events: median and range in seconds, spread of its logarithm."""

    median_s: float
    spread: float
    least_s: float
    most_s: float


_BLINKS = Interval(3.4, 0.4, 1.8, 7.0)
_LOOKS_AT = Interval(1.1, 0.6, 0.3, 4.0)


@dataclass(frozen=True, slots=True)
class IdleState:
    """What idle life remembers of B sessions.

    Attributes:
        seed: uint64 [B].
        phase: Of sway and breath, turns, float64 [B, 11]; a function of the seed alone.
        wait: Frames to the next blink, at rest, float32 [B].
        blink: Frames since the last one began, int64 [B].
        hold: Frames to the next saccade, float32 [B].
        gaze: Where the eyes look, left and up, in weights, float32 [B, 2].
        aim: Where they are going, float32 [B, 2].
    """

    seed: NDArray[np.uint64]
    phase: NDArray[np.float64]
    wait: F32
    blink: NDArray[np.int64]
    hold: F32
    gaze: F32
    aim: F32


@dataclass(frozen=True, slots=True)
class Moments:
    """What shows of quiet and idle life in N frames: see `QuietState` and `IdleState`."""

    closing: F32
    rest: F32
    blink: NDArray[np.int64]
    gaze: F32


def idle_state(seeds: NDArray[np.uint64]) -> IdleState:
    """State of sessions that have not begun.

    Args:
        seeds: One per session, uint64 [B].

    Returns:
        The state.
    """
    batch = len(seeds)
    fixed = np.full(batch, _PHASE_FRAME, np.int64)
    drawn = uniforms(seeds, fixed, _PHASES + 1)

    def full(value: float) -> F32:
        return np.full(batch, value, np.float32)

    return IdleState(
        seed=seeds,
        phase=drawn[:, :_PHASES].astype(np.float64),
        wait=(0.5 + drawn[:, _PHASES]) * np.float32(_BLINKS.median_s * MOTION_FPS),
        blink=np.full(batch, len(_BLINK), np.int64),
        hold=full(_LOOKS_AT.median_s * MOTION_FPS),
        gaze=np.zeros((batch, 2), np.float32),
        aim=np.zeros((batch, 2), np.float32),
    )


def look(state: IdleState, frame: NDArray[np.int64], lids: F32, rest: F32) -> IdleState:
    """Let the eyes of one more frame blink and wander.

    The model blinks in fits, at rest as in speech: where it does not, blinks are added, and one of
    its own puts off the next for three times as long.

    Args:
        state: Of B sessions.
        frame: Absolute frame of each session, int64 [B].
        lids: How far the model itself has closed the lids, float32 [B].
        rest: Of `QuietState`, float32 [B].

    Returns:
        The state with blink and gaze of this frame.
    """
    wait, blink, hold, aim = _draw(state, frame, lids, rest)
    return IdleState(
        seed=state.seed,
        phase=state.phase,
        wait=wait,
        blink=blink,
        hold=hold,
        gaze=state.gaze + _SACCADE * (aim - state.gaze),
        aim=aim,
    )


def moments(quiet: Sequence[QuietState], idle: Sequence[IdleState]) -> Moments:
    """Lay the frames of a hop side by side, N = B T, so that they can be worked on at once."""

    def joined(parts: Sequence[NDArray[Number]]) -> NDArray[Number]:
        return np.stack(parts, axis=1).reshape(-1, *parts[0].shape[1:])

    return Moments(
        closing=joined([state.closing for state in quiet]),
        rest=joined([state.rest for state in quiet]),
        blink=joined([state.blink for state in idle]),
        gaze=joined([state.gaze for state in idle]),
    )


def animate(face: F32, at: Moments, swaying: F32) -> None:
    """Add blinks, gaze, sway and breath to frames, in place.

    The model moves head and eyes while it hears speech: then sway and gaze take a third part only,
    and the breath none.

    Args:
        face: Coefficients, float32 [N, D]; changed.
        at: What idle life does in these frames.
        swaying: `sway` of these frames, float32 [N, 4].
    """
    life = (_TALKING_LIFE + (1.0 - _TALKING_LIFE) * smoothstep(at.rest))[:, None]
    shut = _BLINK[np.minimum(at.blink, len(_BLINK) - 1)][:, None]
    face[:, LIDS] = np.maximum(face[:, LIDS], shut)
    face[:, _WIDE] *= 1.0 - shut
    face[:, _SQUINT] *= 1.0 - 0.6 * shut
    looks = np.maximum(at.gaze.take(_LOOK_AXIS, axis=1) * _LOOK_SIGN, 0.0) * life
    face[:, _LOOK_LEFT] += looks[:, :4]
    face[:, _LOOK_RIGHT] += looks[:, 4:]
    face[:, _HEAD] += swaying[:, :3] * life
    inhaled = swaying[:, 3:] * at.rest[:, None]
    face[:, _SNEER] += _BREATH_NOSE * inhaled
    # The jaw breathes behind closed lips: what it opens, mouthClose takes back.
    face[:, _JAW] += _BREATH_JAW * inhaled


def _draw(
    state: IdleState, frame: NDArray[np.int64], lids: F32, rest: F32
) -> tuple[F32, NDArray[np.int64], F32, F32]:
    """Count down to the next blink and saccade and begin what is due: wait, blink, hold, aim."""
    wait = state.wait - (1.0 + _TALKING_BLINKS * (1.0 - rest))
    hold = state.hold - 1.0
    blink = state.blink + 1
    done = blink >= len(_BLINK)
    own = lids > _LID_SHUT
    begin = done & (wait <= 0.0) & ~own
    turn = hold <= 0.0
    aim = state.aim
    if (begin | own | turn).any():
        drawn = uniforms(state.seed, frame, 5)
        after = _interval(drawn[:, 0], _BLINKS)
        wait = np.where(own, _AFTER_OWN * after, np.where(begin, after, wait))
        hold = np.where(turn, _interval(drawn[:, 1], _LOOKS_AT), hold)
        blink = np.where(begin, 0, blink)
        # Mostly a little way, sometimes further, often back to whoever is looked at.
        far = _LOOK_FAR * drawn[:, 2] ** 2 * (drawn[:, 3] > _LOOK_BACK)
        angle = 2.0 * np.pi * drawn[:, 4].astype(np.float64)
        to = np.stack([np.cos(angle), 0.5 * np.sin(angle)], axis=1) * far[:, None]
        aim = np.where(turn[:, None], to, aim).astype(np.float32)
    return wait, blink, hold, aim


def _interval(u: F32, of: Interval) -> F32:
    """Frames from even draws; the logistic stands in for the normal."""
    even = u.clip(1e-6, 1.0 - 1e-6)
    normal = np.log(even / (1.0 - even)) / 1.702
    seconds = (of.median_s * np.exp(of.spread * normal)).clip(of.least_s, of.most_s)
    frames: F32 = (seconds * MOTION_FPS).astype(np.float32)
    return frames


def sway(state: IdleState, frame: NDArray[np.int64], count: int) -> F32:
    """Work out how head and breath go over the next frames; a function of seed and frame alone.

    Args:
        state: Of B sessions.
        frame: First frame of each, int64 [B].
        count: Frames, T.

    Returns:
        Pitch, yaw and roll in radians and breath from 0, out, to 1, in: float32 [B, T, 4].
    """
    turns = len(_SWAY_HZ)
    seconds = (frame[:, None, None] + np.arange(count)[:, None]) / MOTION_FPS  # float64 [B, T, 1]
    around = 2.0 * np.pi * (seconds * _TURNS_HZ + state.phase[:, None])
    breath = np.sin(around[..., turns] + _WANDER * np.sin(around[..., turns + 1]))
    out = np.empty((*breath.shape, 4), np.float32)
    waves = (np.sin(around[..., :turns]) * _SWAY_RADIANS).reshape(*breath.shape, 3, -1)
    out[..., :3] = waves.sum(axis=-1)
    out[..., 0] -= _BREATH_PITCH * breath
    out[..., 3] = 0.5 + 0.5 * breath
    return out
