"""What a face does besides speaking: breathe, blink, look about, sway, listen.

Pure and batched over sessions. Everything random is drawn by seed and absolute frame, so that the
same seed gives the same life however the stream is cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from stream_engine.motion import gaze, listening
from stream_engine.motion.arkit import INDEX
from stream_engine.motion.gaze import GazeState, Interval, eyes_in_head, gaze_state, wander
from stream_engine.motion.head import HeadState, carry, head_state
from stream_engine.motion.listening import (
    ListeningState,
    attend,
    lift_brows,
    listening_state,
    nodding,
)
from stream_engine.motion.noise import Draw, Draws, uniforms
from stream_engine.motion.quiet import QuietState, smoothstep
from stream_engine.types import F32, MOTION_FPS

Number = TypeVar("Number", np.float32, np.int64)

_BLINK = np.array([0.3, 0.85, 1.0, 0.7, 0.4, 0.18, 0.05, 0.0], np.float32)
"""Lids over a blink of 280 ms: down in three frames, up in five."""
_TALKING_BLINKS = 0.3
_AFTER_OWN = 2.0
_LID_SHUT, _LID_DROWSY = 0.5, 0.4
_LIDS_KEPT, _LIDS_MOST = 0.3, 0.12
_BLINK_REST_FRAMES = 1.2 * MOTION_FPS

_SWAY_HZ = np.array([0.043, 0.097, 0.19, 0.031, 0.083, 0.17, 0.037, 0.071, 0.15])
_SWAY_RADIANS = np.radians([0.35, 0.25, 0.12, 0.6, 0.35, 0.15, 0.3, 0.2, 0.1])
_BREATH_HZ, _WANDER_HZ, _WANDER = 0.24, 0.029, 0.8
_TURNS_HZ = np.array([*_SWAY_HZ, _BREATH_HZ, _WANDER_HZ])
_BREATH_PITCH, _BREATH_JAW, _BREATH_NOSE = np.radians(0.3), 0.012, 0.03
_TALKING_LIFE = 0.35
_PHASES = len(_TURNS_HZ)
_PHASE_FRAME = -(10**6)
_LOOKS = slice(2, 2 + gaze.DRAWS)
_LISTENS = slice(_LOOKS.stop, _LOOKS.stop + listening.DRAWS)
_DRAWS = _LISTENS.stop

# Slices rather than lists of columns: they are views, and the left eye's shapes stand seven
# before the right eye's.
HEAD = slice(INDEX["headPitch"], INDEX["headRoll"] + 1)
_BOTH_EYES = INDEX["eyeBlinkRight"] - INDEX["eyeBlinkLeft"]
_EYES_END = INDEX["eyeWideRight"] + 1
LIDS = slice(INDEX["eyeBlinkLeft"], _EYES_END, _BOTH_EYES)
_LID_LEFT, _LID_RIGHT = INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]
_WIDE = slice(INDEX["eyeWideLeft"], _EYES_END, _BOTH_EYES)
_SQUINT = slice(INDEX["eyeSquintLeft"], _EYES_END, _BOTH_EYES)
_SNEER = slice(INDEX["noseSneerLeft"], INDEX["noseSneerRight"] + 1)
_JAW = slice(INDEX["jawOpen"], INDEX["mouthClose"] + 1)

_BLINKS = Interval(3.4, 0.4, 1.8, 7.0)


@dataclass(frozen=True, slots=True)
class IdleState:
    """What idle life remembers of B sessions.

    Attributes:
        seed: uint64 [B].
        phase: Of sway and breath, turns, float64 [B, 11]; a function of the seed alone.
        wait: Frames to the next blink, at rest, float32 [B].
        blink: Frames since the last one began, int64 [B].
        gaze: Of the eyes.
        head: Of the head.
        listening: Of whoever talks to the face.
    """

    seed: NDArray[np.uint64]
    phase: NDArray[np.float64]
    wait: F32
    blink: NDArray[np.int64]
    gaze: GazeState
    head: HeadState
    listening: ListeningState


@dataclass(frozen=True, slots=True)
class Moments:
    """What shows of quiet and idle life in N frames: see `QuietState` and `IdleState`."""

    closing: F32
    rest: F32
    blink: NDArray[np.int64]
    gaze: F32
    inward: F32
    head: F32
    flash: F32


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
    return IdleState(
        seed=seeds,
        phase=drawn[:, :_PHASES].astype(np.float64),
        wait=(0.5 + drawn[:, _PHASES]) * np.float32(_BLINKS.median_s * MOTION_FPS),
        blink=np.full(batch, len(_BLINK), np.int64),
        gaze=gaze_state(batch),
        head=head_state(batch),
        listening=listening_state(batch),
    )


def live(
    state: IdleState, frame: NDArray[np.int64], face: F32, rest: F32, heard: F32
) -> IdleState:
    """Let one more frame of every session blink, look about, listen and turn its head.

    The model blinks in fits, at rest as in speech: where it does not, blinks are added, and one of
    its own puts off the next for twice as long. It is shown as any other, since the model's
    lids say when better than how: see `own_lids`.

    Args:
        state: Of B sessions.
        frame: Absolute frame of each session, int64 [B].
        face: What the model made of it, float32 [B, D].
        rest: Of `QuietState`, float32 [B].
        heard: Whoever talks, as for `listening.attend`, float32 [B, 2].

    Returns:
        The state of this frame.
    """
    drawn = Draws(state.seed, frame, _DRAWS)
    turned = np.where(frame[:, None] < 0, np.float32(0.0), face[:, HEAD])
    hears = attend(state.listening, heard, rest, lambda: drawn[_LISTENS])
    # Trackers take lowered lids for a look down, and so does a model that learned from them.
    lids = np.minimum(face[:, _LID_LEFT], face[:, _LID_RIGHT])
    awake = np.maximum(1.0 - lids * (1 / _LID_DROWSY), 0.0)[:, None]
    own = awake * gaze.model_gaze(face) + gaze.in_room(turned)
    looks = wander(state.gaze, lambda: drawn[_LOOKS], own, rest, hears.attention)
    evoked = gaze.brings_blink(state.gaze, looks, lambda: drawn[1])
    wait, blink = _blink(state, lambda: drawn[0], lids, rest, evoked)
    head = carry(state.head, turned + nodding(hears), looks.place, frame)
    return IdleState(state.seed, state.phase, wait, blink, looks, head, hears)


def moments(quiet: Sequence[QuietState], idle: Sequence[IdleState]) -> Moments:
    """Lay the frames of a hop side by side, N = B T, so that they can be worked on at once."""

    def joined(parts: Sequence[NDArray[Number]]) -> NDArray[Number]:
        if len(parts) == 1:
            return parts[0]
        return np.stack(parts, axis=1).reshape(-1, *parts[0].shape[1:])

    return Moments(
        closing=joined([state.closing for state in quiet]),
        rest=joined([state.rest for state in quiet]),
        blink=joined([state.blink for state in idle]),
        gaze=joined([state.gaze.gaze for state in idle]),
        inward=joined([state.gaze.inward[:, 0] for state in idle]),
        head=joined([state.head.at for state in idle]),
        flash=joined([state.listening.flash for state in idle]),
    )


def animate(face: F32, at: Moments, swaying: F32) -> None:
    """Add blinks, gaze, sway and breath to frames, in place.

    The model moves the head while it hears speech: then sway takes a third part only, and the
    breath none.

    Args:
        face: Coefficients, float32 [N, D]; changed. Its head is `Moments.head` already.
        at: What idle life does in these frames.
        swaying: `sway` of these frames, float32 [N, 4].
    """
    life = (_TALKING_LIFE + (1.0 - _TALKING_LIFE) * smoothstep(at.rest))[:, None]
    face[:, HEAD] += swaying[:, :3] * life
    eyes_in_head(face, at.gaze, at.inward, face[:, HEAD])
    lift_brows(face, at.flash)
    shut = _BLINK[np.minimum(at.blink, len(_BLINK) - 1)][:, None]
    face[:, LIDS] = np.maximum(face[:, LIDS], shut)
    face[:, _WIDE] *= 1.0 - shut
    face[:, _SQUINT] *= 1.0 - 0.6 * shut
    inhaled = swaying[:, 3:] * at.rest[:, None]
    face[:, _SNEER] += _BREATH_NOSE * inhaled
    # The jaw breathes behind closed lips: what it opens, mouthClose takes back.
    face[:, _JAW] += _BREATH_JAW * inhaled


def own_lids(face: F32) -> None:
    """Leave of the model's lids what is no blink and no drowsiness; frames [N, D], in place."""
    face[:, LIDS] = np.minimum(_LIDS_KEPT * face[:, LIDS], _LIDS_MOST)


def _blink(
    state: IdleState, draw: Draw, lids: F32, rest: F32, evoked: NDArray[np.bool_]
) -> tuple[F32, NDArray[np.int64]]:
    """Count down to the next blink and begin what is due: wait and blink."""
    wait = state.wait - (1.0 + _TALKING_BLINKS * (1.0 - rest))
    blink = state.blink + 1
    own = lids > _LID_SHUT
    due = (wait <= 0.0) & (blink >= len(_BLINK))
    begin = due | ((evoked | own) & (blink > _BLINK_REST_FRAMES))
    if np.count_nonzero(begin | own):
        after = _BLINKS.frames(draw())
        wait = np.where(own, _AFTER_OWN * after, np.where(begin, after, wait))
        blink = np.where(begin, 0, blink)
    return wait.astype(np.float32), blink


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
