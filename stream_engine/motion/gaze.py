"""Where the eyes look, and what their lids do with it: pure, batched, drawn by seed and frame.

::

    fixation ─► saccade (a frame or two) ─► fixation, with a micro-saccade now and then
                  └ a far one may bring a blink

Eyes move in jumps, or against the head, and in no other way. So what the model's eyes do is held
until it is a look of its own, and gaze is kept in the room: however the head turns under it, the
eyes stay where they look (`eyes_in_head`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.motion.arkit import INDEX
from stream_engine.motion.noise import Draw
from stream_engine.motion.spring import approach
from stream_engine.types import F32, MOTION_FPS

LOOK_DEGREES = np.array([11.0, 14.9, 14.2, 9.7], np.float32)
"""How far an eye of the shipped head turns down, in, out and up at a weight of 1."""
_HALF = LOOK_DEGREES / 2
_YAW_AND_PITCH = np.degrees(np.array([1.0, -1.0])).astype(np.float32)
LOOKS_LEFT = slice(INDEX["eyeLookDownLeft"], INDEX["eyeLookUpLeft"] + 1)
LOOKS_RIGHT = slice(INDEX["eyeLookDownRight"], INDEX["eyeLookUpRight"] + 1)
_IN_SIGN = np.array([-1.0, 1.0], np.float32)
_BOTH = INDEX["eyeWideRight"] - INDEX["eyeWideLeft"]
_WIDE = slice(INDEX["eyeWideLeft"], INDEX["eyeWideRight"] + 1, _BOTH)
DRAWS = 8
"""Numbers drawn for each frame in which something begins."""

# Durations on the main sequence: 21 ms and 2.2 ms a degree (Carpenter 1988).
_SACCADE_S, _SACCADE_S_A_DEGREE = 0.021, 0.0022
_AWAY, _AWAY_DEGREES, _AWAY_LEAST, _AWAY_MOST = 0.34, 5.0, 2.5, 13.0
_FACE_DEGREES = np.array([[1.4, 0.0], [-1.4, 0.0], [0.3, -1.8], [0.0, 0.0]], np.float32)
"""Where a look at somebody rests: an eye, the other, the mouth, between."""
_AROUND = np.cumsum([0.155, 0.065, 0.177, 0.074, 0.168, 0.079, 0.204])
"""Shares of saccades by direction, to the left, up and left, up ... (Lee et al. 2002)."""
_MICRO_DEGREES, _MICRO_UPRIGHT = 0.45, 0.5
_OWN_LOOK_DEGREES, _OWN_MOST = 3.0, 9.0
_TALKING_AWAY = 0.6

_NEAR_DEGREES, _FAR_DEGREES = np.float32(1.8), np.float32(0.6)
_LOOKS_AT_DEGREES, _VERGENCE_RATE = 2.6, 14.0
_MOST_IN_HEAD = 14.0
_LID_UP = 0.35
_BLINK_AT_DEGREES, _BLINK_SHARE = 5.0, 1 / 25


@dataclass(frozen=True, slots=True)
class Interval:
    """A log-normal time between events: median and range in seconds, spread of its logarithm."""

    median_s: float
    spread: float
    least_s: float
    most_s: float

    def frames(self, u: F32) -> F32:
        """Frames from even draws; the logistic stands in for the normal."""
        even = u.clip(1e-6, 1.0 - 1e-6)
        normal = np.log(even / (1.0 - even)) / 1.702
        seconds = (self.median_s * np.exp(self.spread * normal)).clip(self.least_s, self.most_s)
        frames: F32 = (seconds * MOTION_FPS).astype(np.float32)
        return frames


_LOOKS_AT = Interval(1.5, 0.55, 0.5, 5.0)
_LOOKS_AWAY = Interval(0.8, 0.5, 0.3, 2.4)
_MICRO = Interval(0.7, 0.45, 0.28, 2.0)


@dataclass(frozen=True, slots=True)
class GazeState:
    """What the eyes of B sessions remember; angles in degrees, to the left and up.

    Attributes:
        hold: Frames to the next look elsewhere, float32 [B].
        micro: Frames to the next micro-saccade, float32 [B].
        place: What is looked at, from whoever watches, float32 [B, 2].
        own: The model's own look that is held, float32 [B, 2].
        start: Where the last saccade began, float32 [B, 2].
        aim: Where it ends, float32 [B, 2].
        since: Frames since it began, float32 [B].
        span: Frames it takes, float32 [B].
        inward: How far each eye turns in to meet the other, float32 [B, 1].
        turning: Its change a second, float32 [B, 1].
    """

    hold: F32
    micro: F32
    place: F32
    own: F32
    start: F32
    aim: F32
    since: F32
    span: F32
    inward: F32
    turning: F32

    @property
    def gaze(self) -> F32:
        """Where the eyes look in the room, float32 [B, 2]."""
        share = np.minimum(self.since / self.span, 1.0)[:, None]
        eased = share * share * share * (10.0 + share * (6.0 * share - 15.0))
        here: F32 = (self.start + eased * (self.aim - self.start)).astype(np.float32)
        return here


def gaze_state(batch: int) -> GazeState:
    """Eyes of ``batch`` sessions that have not begun: on whoever watches."""
    nowhere = np.zeros((batch, 2), np.float32)
    one = np.ones(batch, np.float32)
    return GazeState(
        hold=one * np.float32(_LOOKS_AT.median_s * MOTION_FPS),
        micro=one * np.float32(_MICRO.median_s * MOTION_FPS),
        place=nowhere,
        own=nowhere,
        start=nowhere,
        aim=nowhere,
        since=one,
        span=one,
        inward=np.full((batch, 1), _NEAR_DEGREES, np.float32),
        turning=np.zeros((batch, 1), np.float32),
    )


def wander(state: GazeState, draw: Draw, own: F32, rest: F32, attention: F32) -> GazeState:
    """Let the eyes of one more frame look on, or elsewhere.

    Args:
        state: Of B sessions.
        draw: Even draws of this frame, float32 [B, 8], asked for when a look begins.
        own: Where the model's own eyes would look, degrees in the room, float32 [B, 2].
        rest: 0 while the face speaks, 1 when it rests, float32 [B].
        attention: 1 while somebody is listened to, who is looked at then, float32 [B].

    Returns:
        The state of this frame.
    """
    heed = attention > 0.5
    away_now = _further(state.place, _LOOKS_AT_DEGREES)
    turn = (state.hold <= 1.0) | (heed & away_now)
    strayed = _further(own - state.own, _OWN_LOOK_DEGREES)
    small = state.micro <= 1.0
    jump = turn | strayed | small
    hold, micro = state.hold - 1.0, state.micro - 1.0
    place, held = state.place, state.own
    start, aim, since, span = state.start, state.aim, state.since + 1.0, state.span
    if np.count_nonzero(jump):
        drawn = draw()
        look, wait = _elsewhere(drawn, rest, heed)
        place = np.where(turn[:, None], look, place)
        hold = np.where(turn, wait, hold)
        held = np.where(strayed[:, None], own.clip(-_OWN_MOST, _OWN_MOST), held)
        micro = np.where(jump, _MICRO.frames(drawn[:, 5]), micro)
        start = np.where(jump[:, None], state.gaze, start)
        # A micro-saccade goes about the point that is looked at, or the eyes would drift away.
        around = 2.0 * np.pi * drawn[:, 6].astype(np.float64)
        jitter = np.stack([np.cos(around), _MICRO_UPRIGHT * np.sin(around)], axis=1)
        to = place + held + jitter * (_MICRO_DEGREES * drawn[:, 7])[:, None]
        aim = np.where(jump[:, None], to, aim).astype(np.float32)
        far = np.sqrt(((aim - start) ** 2).sum(axis=1))
        takes = (_SACCADE_S + _SACCADE_S_A_DEGREE * far) * MOTION_FPS
        span = np.where(jump, takes, span).astype(np.float32)
        since = np.where(jump, drawn[:, 4], since)  # it begins somewhere between two frames
        away_now = _further(place, _LOOKS_AT_DEGREES)
    to_nose = np.where(away_now, _FAR_DEGREES, _NEAR_DEGREES)[:, None]
    inward, turning = approach(state.inward, state.turning, to_nose, _VERGENCE_RATE)
    held = held.astype(np.float32, copy=False)
    return GazeState(hold, micro, place, held, start, aim, since, span, inward, turning)


def brings_blink(before: GazeState, after: GazeState, draw: Draw) -> NDArray[np.bool_]:
    """Which eyes blink with the look they have just begun: the further, the likelier."""
    begun: NDArray[np.bool_] = after.aim[:, 0] != before.aim[:, 0]
    if not np.count_nonzero(begun):
        return begun
    far = np.sqrt(((after.aim - after.start) ** 2).sum(axis=1))
    brings: NDArray[np.bool_] = begun & (far > _BLINK_AT_DEGREES) & (draw() < far * _BLINK_SHARE)
    return brings


def model_gaze(face: F32) -> F32:
    """Where the model's eyes look in the head, both as one: degrees to the left and up, [N, 2]."""
    # Halves of the sums of both eyes: turned to each other they cancel out.
    left, right = face[:, LOOKS_LEFT] * _HALF, face[:, LOOKS_RIGHT] * _HALF
    found = np.empty((len(face), 2), np.float32)
    found[:, 0] = left[:, 2] - left[:, 1] + right[:, 1] - right[:, 2]
    found[:, 1] = left[:, 3] - left[:, 0] + right[:, 3] - right[:, 0]
    return found


def in_room(head: F32) -> F32:
    """Where a head looks straight ahead, degrees to the left and up, [N, 2], from [N, 3]."""
    found: F32 = head[:, 1::-1] * _YAW_AND_PITCH
    return found


def eyes_in_head(face: F32, gaze: F32, inward: F32, head: F32) -> None:
    """Turn the eyes of frames to where they look, in place.

    Args:
        face: Coefficients, float32 [N, D]; what stands in their looks is added.
        gaze: In the room, degrees to the left and up, float32 [N, 2].
        inward: How far each eye turns in, degrees, float32 [N].
        head: Pitch, yaw and roll of the head, radians, float32 [N, 3].
    """
    seen = gaze + model_gaze(face) - in_room(head)
    seen = np.minimum(np.maximum(seen, -_MOST_IN_HEAD), _MOST_IN_HEAD)
    eyes = np.empty((len(face), 2, 4), np.float32)  # of the left and the right, in LOOK_DEGREES
    np.multiply(seen[:, :1], _IN_SIGN, out=eyes[:, :, 1])
    eyes[:, :, 1] += inward[:, None]
    np.negative(eyes[:, :, 1], out=eyes[:, :, 2])
    eyes[:, :, 3] = seen[:, 1:]
    np.negative(eyes[:, :, 3], out=eyes[:, :, 0])
    eyes /= LOOK_DEGREES
    np.maximum(eyes, 0.0, out=eyes)
    face[:, LOOKS_LEFT], face[:, LOOKS_RIGHT] = eyes[:, 0], eyes[:, 1]
    # The shapes of looks bring the lids along, but upwards only half the way.
    face[:, _WIDE] += _LID_UP * eyes[:, :, 3]


def _further(look: F32, degrees: float) -> NDArray[np.bool_]:
    """Which looks [B, 2] go further than so many degrees to any side."""
    far: NDArray[np.bool_] = np.abs(look) > degrees
    either: NDArray[np.bool_] = far[:, 0] | far[:, 1]
    return either


def _elsewhere(drawn: F32, rest: F32, heed: NDArray[np.bool_]) -> tuple[F32, F32]:
    """What to look at next, degrees [B, 2], and for how many frames [B]."""
    leave = (drawn[:, 0] < _AWAY) & ~heed
    at = _FACE_DEGREES[(drawn[:, 1] * len(_FACE_DEGREES)).astype(np.int64)]
    far = -_AWAY_DEGREES * np.log(1.0 - drawn[:, 1].astype(np.float64))
    far = far.clip(_AWAY_LEAST, _AWAY_MOST) * (_TALKING_AWAY + (1.0 - _TALKING_AWAY) * rest)
    angle = np.searchsorted(_AROUND, drawn[:, 2]) * (np.pi / 4)
    # Upright looks are shorter than level ones: less room between the lids.
    away = np.stack([np.cos(angle), 0.6 * np.sin(angle)], axis=1) * far[:, None]
    look = np.where(leave[:, None], away, at).astype(np.float32)
    wait = np.where(leave, _LOOKS_AWAY.frames(drawn[:, 3]), _LOOKS_AT.frames(drawn[:, 3]))
    return look, wait
