"""What goes over ``/v1/realtime``, in the style of OpenAI's Realtime API.

The client sends the events of `Event`, each with an ``event_id`` if it likes; PCM16 may come as
binary messages, too. The server sends those of `Answer`; deltas in binary: `realtime_deltas`.
Clients read them with `read_answer`.
"""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from stream_engine.errors import SignalingError
from stream_engine.json_fields import build, json_object
from stream_engine.manner_wire import Listen, Manner
from stream_engine.sync_wire import FaceSync, FaceSyncAction
from stream_engine.text_wire import AppendText, CommitText
from stream_engine.wire import Problem

MAX_EVENT = 1 << 20
"""Longest event, characters: fifteen seconds of speech at 24 kHz."""


@dataclass(frozen=True, slots=True)
class AppendAudio:
    """Speech to be spoken: base64 of PCM16."""

    audio: str
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class CommitAudio:
    """What was appended is a whole response; the next is another."""

    event_id: str = ""


@dataclass(frozen=True, slots=True)
class CancelResponse:
    """Stop at once and forget everything that was appended."""

    event_id: str = ""


@dataclass(frozen=True, slots=True)
class PauseResponse:
    """Stop at once, and keep what was not heard."""

    event_id: str = ""


@dataclass(frozen=True, slots=True)
class ResumeResponse:
    """Go on after a pause."""

    event_id: str = ""


@dataclass(frozen=True, slots=True)
class UpdateSession:
    """Change emotion, intensity or style."""

    session: Manner
    event_id: str = ""


_Push = AppendAudio | CommitAudio | AppendText | CommitText
Event = _Push | CancelResponse | PauseResponse | ResumeResponse | UpdateSession | Listen

_EVENTS: dict[str, type[Any]] = {
    "input_audio_buffer.append": AppendAudio,
    "input_audio_buffer.commit": CommitAudio,
    "input_audio_buffer.clear": CancelResponse,
    "input_text_buffer.append": AppendText,
    "input_text_buffer.commit": CommitText,
    "response.cancel": CancelResponse,
    "response.pause": PauseResponse,
    "response.resume": ResumeResponse,
    "session.update": UpdateSession,
    "listen": Listen,
}


@dataclass(frozen=True, slots=True)
class Described:
    """A session as its client sees it; a sample is released ``delay_ms`` after its turn.

    ``most_text`` characters may wait to be spoken; 0 where the server has no voice for text.
    """

    id: str
    profile: str
    rate_hz: int
    fps: int
    latency_ms: int
    delay_ms: int
    encoding: str
    names: list[str]
    most_text: int = 0


@dataclass(frozen=True, slots=True)
class SessionCreated:
    """The door is open."""

    session: Described
    type: str = "session.created"


@dataclass(frozen=True, slots=True)
class SessionUpdated:
    """The manner was changed; what it is now."""

    session: Manner
    type: str = "session.updated"


@dataclass(frozen=True, slots=True)
class ResponseCreated:
    """The first speech of a response has come."""

    response_id: str
    type: str = "response.created"


@dataclass(frozen=True, slots=True)
class AudioHappening:
    """``output_audio_buffer`` ``.started``, ``.starved``, ``.resumed`` or ``.stopped``.

    Sent as it leaves; ``pts`` is its media time.
    """

    type: str
    response_id: str
    pts: int


@dataclass(frozen=True, slots=True)
class ResponseDone:
    """All of a response was heard (``completed``), or it was cut (``cancelled``)."""

    response_id: str
    status: str
    audio_end_ms: float
    type: str = "response.done"


@dataclass(frozen=True, slots=True)
class CutAnswer:
    """``response.cancelled`` or ``response.paused``: where sound and face were cut.

    ``pts`` is the first tick that is not heard; deltas from it on that were sent before are void.
    ``frame`` is the first that shows nothing of what was cut, ``resume_frame`` the first of new
    motion; the mouth is shut ``ms_to_neutral`` after the event was read. ``audio_end_ms`` of the
    response were heard, ``dropped_ms`` of speech forgotten.
    """

    type: str
    response_id: str | None
    pts: int
    frame: int
    resume_frame: int
    ms_to_neutral: float
    audio_end_ms: float
    dropped_ms: float


@dataclass(frozen=True, slots=True)
class Resumed:
    """It goes on."""

    type: str = "response.resumed"


@dataclass(frozen=True, slots=True)
class FaceState:
    """What the face does: ``silent``, ``speaking``, ``starved`` or ``paused``."""

    state: str
    pts: int
    type: str = "face.state"


@dataclass(frozen=True, slots=True)
class MotionDelta:
    """Frames from ``start`` on, the first at ``pts``; a start that came before is after a cut."""

    start: int
    pts: int
    fps: int
    coefficients: list[list[float]]
    type: str = "response.motion.delta"


@dataclass(frozen=True, slots=True)
class AudioDelta:
    """The sound of the same time: base64 of PCM16."""

    pts: int
    rate_hz: int
    delta: str
    type: str = "response.output_audio.delta"


@dataclass(frozen=True, slots=True)
class RealtimeError:
    """An event was refused; the session goes on unless ``ends``."""

    error: Problem
    event_id: str = ""
    ends: bool = False
    type: str = "error"


Answer = (
    SessionCreated | SessionUpdated | ResponseCreated | AudioHappening | ResponseDone | CutAnswer
    | Resumed | FaceState | MotionDelta | AudioDelta | RealtimeError | FaceSync | FaceSyncAction
)  # fmt: skip

_HAPPENINGS = ("started", "starved", "resumed", "stopped")
_ANSWERS: dict[str, type[Any]] = {
    **{f"output_audio_buffer.{name}": AudioHappening for name in _HAPPENINGS},
    **{f"response.{name}": CutAnswer for name in ("cancelled", "paused")},
    "session.created": SessionCreated,
    "session.updated": SessionUpdated,
    "response.created": ResponseCreated,
    "response.done": ResponseDone,
    "response.resumed": Resumed,
    "face.state": FaceState,
    "face.sync": FaceSync,
    "face.sync.action": FaceSyncAction,
    "response.motion.delta": MotionDelta,
    "response.output_audio.delta": AudioDelta,
    "error": RealtimeError,
}


def read_event(text: str) -> Event:
    """Read what a client sends.

    Args:
        text: One JSON object with a known ``type``.

    Returns:
        The event.

    Raises:
        SignalingError: If it is anything else.
    """
    values = json_object(text, MAX_EVENT)
    kind = values.pop("type", None)
    if not isinstance(kind, str) or kind not in _EVENTS:
        raise SignalingError(
            "an event of unknown type", got=repr(kind)[:80], expected=" or ".join(_EVENTS)
        )
    event: Event = build(_EVENTS[kind], values)
    return event


def read_answer(text: str) -> Answer | None:
    """Read what a server sends.

    Args:
        text: One JSON object.

    Returns:
        The answer; None if it is of a type that is not known here, as a newer server's may be.

    Raises:
        SignalingError: If it is no such object.
    """
    values = json_object(text, MAX_EVENT)
    kind = values.get("type")
    if not isinstance(kind, str) or kind not in _ANSWERS:
        return None
    answer: Answer = build(_ANSWERS[kind], values)
    return answer


def event_id_of(text: str) -> str:
    """The ``event_id`` of an event that could not be read, or nothing."""
    try:
        found = json_object(text, MAX_EVENT).get("event_id")
    except SignalingError:
        return ""
    return found[:80] if isinstance(found, str) else ""


def as_text(answer: Answer) -> str:
    """Write an answer as compact JSON."""
    return json.dumps(dataclasses.asdict(answer), separators=(",", ":"))
