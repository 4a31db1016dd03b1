"""The messages between server and clients: what they hold, and their JSON.

Every message is one JSON object with a ``type``. Over the data channel ``events`` of a WebRTC
session the client sends `Heartbeat`, `Express`, `Listen`, `Interrupt` and `View`, the server
`Pong`, `Motion`, `Stats`, `Interrupted` and `Failure`. Over the WebSocket ``/v1/speech`` the client
sends PCM16 mono little-endian as binary messages, `Express` and `Listen` at any time, and `End`;
the server sends
`Ready`, `Motion`, `Ended` and `Failure`. `Offer` and `Answer` are the bodies of
``POST /api/offer``. What
goes over ``/v1/realtime`` stands in `realtime_wire`.
"""

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any, TypeVar

from stream_engine.errors import SignalingError, StreamEngineError
from stream_engine.json_fields import build, json_object
from stream_engine.manner_wire import Listen, Manner
from stream_engine.sync_wire import FaceSync, FaceSyncAction
from stream_engine.types import MOTION_FPS, TICKS_PER_FRAME, MotionFrames

COEFFICIENT_DIGITS = 4
"""Decimals of a coefficient: finer than any eye."""


@dataclass(frozen=True, slots=True)
class Video:
    """What a client would like to see; what it leaves open is the server's.

    ``codec`` is ``vp8`` or ``h264``; the width follows from the height in pixels.
    """

    codec: str | None = None
    kbps: int | None = None
    height: int | None = None
    fps: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A browser asks for a session; profile, avatar and outputs default to the server's.

    ``record`` asks that it be recorded (docs/recording.md).
    """

    sdp: str
    type: str
    profile: str | None = None
    avatar: str | None = None
    outputs: list[str] | None = None
    video: Video = field(default_factory=Video)
    record: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The session is open; ``delay_ms`` is what the server adds between hearing and showing."""

    sdp: str
    type: str
    session: str
    profile: str
    delay_ms: int


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The client is alive; ``t`` is any number, sent back."""

    t: float = 0.0
    type: str = "heartbeat"


@dataclass(frozen=True, slots=True)
class Express(Manner):
    """Change the manner from the next hop on."""

    type: str = "express"


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Stop sound and face at once."""

    type: str = "interrupt"


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Where it was cut.

    ``pts`` is the first tick that is not heard any more, ``frame`` the first that shows nothing of
    what was cut, ``resume_frame`` the first of new motion; the mouth is shut ``ms_to_neutral``
    after the interrupt. Motion from ``frame`` on that was sent before is void.
    """

    pts: int
    frame: int
    resume_frame: int
    ms_to_neutral: float
    type: str = "interrupted"


@dataclass(frozen=True, slots=True)
class View:
    """The client looks at the video, or draws the face itself: then none is drawn and sent."""

    video: bool
    type: str = "view"


@dataclass(frozen=True, slots=True)
class Pong:
    """Answer to a heartbeat."""

    t: float
    type: str = "pong"


@dataclass(frozen=True, slots=True)
class End:
    """The speech has ended: send what is held back."""

    type: str = "end"


@dataclass(frozen=True, slots=True)
class Ready:
    """The WebSocket door is open; ``latency_ms`` is the model's, ``names`` the coefficients'."""

    rate_hz: int
    profile: str
    fps: int
    latency_ms: int
    names: list[str]
    type: str = "ready"


@dataclass(frozen=True, slots=True)
class Ended:
    """All motion has been sent."""

    frames: int
    type: str = "ended"


@dataclass(frozen=True, slots=True)
class Motion:
    """Final motion: frame ``start`` begins at ``pts`` ticks of 1/48,000 s; rows are frames."""

    start: int
    fps: int
    pts: int
    coefficients: list[list[float]]
    type: str = "motion"


@dataclass(frozen=True, slots=True)
class Stats:
    """Once a second: medians in milliseconds and counts since the session began.

    ``rtp_zero`` is the RTP timestamp of media time 0 of ``voice`` (48 kHz) and ``face`` (90 kHz),
    as soon as each has been sent: with it a client finds the motion that belongs to what it hears.
    """

    delay_ms: float
    latency_ms: dict[str, float]
    counts: dict[str, int]
    rtp_zero: dict[str, int] = field(default_factory=dict)
    type: str = "stats"


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as data: what, got, expected, what to do."""

    type: str
    message: str
    got: str = ""
    expected: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Something was refused; ``ends`` says whether the session ends by it."""

    error: Problem
    ends: bool = True
    type: str = "error"


Message = (
    Offer
    | Answer
    | Heartbeat
    | Express
    | Listen
    | Interrupt
    | Interrupted
    | FaceSync
    | FaceSyncAction
    | View
    | Pong
    | End
    | Ready
    | Ended
    | Motion
    | Stats
    | Failure
)
M = TypeVar("M")

_EVENTS: dict[str, type[Any]] = {
    "heartbeat": Heartbeat,
    "express": Express,
    "listen": Listen,
    "interrupt": Interrupt,
    "interrupted": Interrupted,
    "view": View,
    "pong": Pong,
    "end": End,
    "ready": Ready,
    "ended": Ended,
    "motion": Motion,
    "stats": Stats,
    "error": Failure,
}


def encode(message: Message) -> str:
    """Write a message as compact JSON."""
    return json.dumps(dataclasses.asdict(message), separators=(",", ":"))


def motion_message(frames: MotionFrames) -> Motion:
    """Turn motion frames into their message."""
    rows = frames.coefficients.astype(float).round(COEFFICIENT_DIGITS).tolist()
    return Motion(frames.start, MOTION_FPS, frames.start * TICKS_PER_FRAME, rows)


def failure_of(error: Exception, ends: bool = True) -> Failure:
    """Turn an exception into its message; one that is not ours shows its kind only."""
    if isinstance(error, StreamEngineError):
        name = type(error).__name__
        return Failure(Problem(name, error.what, error.got, error.expected, error.fix), ends)
    problem = Problem("InternalError", "the server failed", fix="see the server's log")
    return Failure(problem, ends)


def decode_event(text: str) -> Message:
    """Read a message of the data channel or the WebSocket.

    Args:
        text: One JSON object with a known ``type``.

    Returns:
        The message.

    Raises:
        SignalingError: If it is anything else.
    """
    values = json_object(text)
    kind = values.get("type")
    if not isinstance(kind, str) or kind not in _EVENTS:
        raise SignalingError(
            "a message of unknown type", got=repr(kind)[:80], expected=" or ".join(_EVENTS)
        )
    message: Message = build(_EVENTS[kind], values)
    return message


def decode_as(kind: type[M], text: str) -> M:
    """Read a message of a known kind, such as `Offer`.

    Args:
        kind: The dataclass.
        text: One JSON object.

    Returns:
        The message.

    Raises:
        SignalingError: If it is anything else.
    """
    return build(kind, json_object(text))
