"""What stands in the records of an ``.elo`` file: values in, payloads out, and back.

========  ====  ==========================================================================
kind      byte  payload
========  ====  ==========================================================================
head      1     JSON of `Head`; the first record, once
sound     2     `Sound`: first sample, count, then `samples`
window    3     `Window`: what one call of the model was given
sent      4     `Sent`: numbers of the frames that left, and a hash of them
event     5     JSON of `Event`
end       6     JSON of `End`; the last record, once
motion    7     count of coefficients, then `samples` of them; stands before its ``sent``
========  ====  ==========================================================================

Events are open: whoever has something to say of a session gives it a name and a JSON object; a
reader keeps what it does not know. The names below are those that a replay acts on.
"""

import dataclasses
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from stream_engine.errors import RecordingError, SignalingError
from stream_engine.json_fields import build, json_object
from stream_engine.motion.emotion import Heard
from stream_engine.recording.framing import MOST_PAYLOAD
from stream_engine.recording.samples import pack_samples, unpack_samples
from stream_engine.recording.told import Cut, Express, Restarted, Shown, Told, Worked
from stream_engine.types import F32

HEAD, SOUND, WINDOW, SENT, EVENT, END, MOTION = range(1, 8)

Json = Mapping[str, object]
M = TypeVar("M")

_SOUND = struct.Struct("<QI")
_WINDOW = struct.Struct("<QHHHI")
_COUNT = struct.Struct("<I")
_RUN = struct.Struct("<QI")
HASH_BYTES = 8


@dataclass(frozen=True, slots=True)
class Head:
    """What a session was performed with.

    Attributes:
        session: Its name.
        begun: Date and time, UTC, ISO 8601.
        profile: Latency profile.
        seed: Of noise and idle life.
        emotion: It began with.
        intensity: Of that.
        style: It began with.
        steps: Diffusion steps at the best level.
        shed: Whether there were cheaper levels.
        backend: ``onnxruntime``, ``tensorrt`` or ``torch``.
        precision: As set.
        boosts: Whether a session could be given more steps than that.
        versions: Whatever else the bits may depend on, by name.
    """

    session: str
    begun: str
    profile: str
    seed: int
    emotion: str
    intensity: float
    style: float
    steps: int
    shed: bool
    backend: str
    precision: str
    boosts: bool = False
    versions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sound:
    """Speech that follows on from the last; ``start`` is its first sample, at 16 kHz."""

    start: int
    samples: F32


@dataclass(frozen=True, slots=True)
class Window:
    """One call of the model for this session.

    Attributes:
        frame: First frame of the audio it was given.
        frames: How many.
        spoken: Of these, how many lie before the end of speech.
        level: How cheaply.
        heard: CRC-32 of the samples it was given, up to the end of speech.
    """

    frame: int
    frames: int
    spoken: int
    level: int
    heard: int


@dataclass(frozen=True, slots=True)
class Sent:
    """Motion that left.

    Attributes:
        runs: First frame and number of frames, in the order in which they left.
        digest: BLAKE2b, 8 bytes, of the coefficients as little-endian float32.
    """

    runs: tuple[tuple[int, int], ...]
    digest: bytes


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        name: What.
        sample: Samples that had been heard.
        data: More of it, a JSON object.
    """

    name: str
    sample: int
    data: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class End:
    """The recording is over.

    Attributes:
        cut: The session went on, but the recording could not.
        cause: Why, or what ended the session; empty if it just ended.
    """

    cut: bool = False
    cause: str = ""


NAMES: dict[type[Told], str] = {
    Express: "express",
    Shown: "manner",
    Worked: "work",
    Heard: "heard",
    Cut: "cut",
    Restarted: "restart",
}


def event_of(told: Told, sample: int) -> Event:
    """Make the event of one of the things a replay acts on."""
    return Event(NAMES[type(told)], sample, dataclasses.asdict(told))


def told_by(event: Event) -> Told | None:
    """Read what an event tells; None for one that a replay does not act on."""
    for kind, name in NAMES.items():
        if name == event.name:
            return _build(kind, event.data)
    return None


def pack_json(value: Head | Event | End) -> bytes:
    """Write a payload of JSON."""
    text = json.dumps(dataclasses.asdict(value), separators=(",", ":"), allow_nan=False)
    return text.encode()


def unpack_json(kind: type[M], payload: bytes) -> M:
    """Read one; RecordingError if it is something else."""
    try:
        return _build(kind, json_object(payload.decode(), MOST_PAYLOAD))
    except (SignalingError, UnicodeDecodeError) as error:
        raise _unreadable(kind, error) from error


def pack_sound(sound: Sound) -> bytes:
    """Write speech."""
    return _SOUND.pack(sound.start, len(sound.samples)) + pack_samples(sound.samples)


def unpack_sound(payload: bytes) -> Sound:
    """Read speech; RecordingError if it is something else."""
    if len(payload) < _SOUND.size:
        raise _unreadable(Sound, f"{len(payload)} bytes")
    start, count = _SOUND.unpack_from(payload)
    if count > MOST_PAYLOAD:
        raise _unreadable(Sound, f"{count} samples")
    return Sound(start, unpack_samples(payload[_SOUND.size :], count))


def pack_motion(coefficients: F32) -> bytes:
    """Write motion, frame after frame in one row."""
    return _COUNT.pack(len(coefficients)) + pack_samples(coefficients)


def unpack_motion(payload: bytes) -> F32:
    """Read motion, float32 [T * D]; RecordingError if it is something else."""
    if len(payload) < _COUNT.size:
        raise _unreadable(Sent, f"{len(payload)} bytes of motion")
    (count,) = _COUNT.unpack_from(payload)
    if count > MOST_PAYLOAD:
        raise _unreadable(Sent, f"{count} coefficients")
    return unpack_samples(payload[_COUNT.size :], count)


def pack_window(window: Window) -> bytes:
    """Write a window."""
    return _WINDOW.pack(window.frame, window.frames, window.spoken, window.level, window.heard)


def unpack_window(payload: bytes) -> Window:
    """Read a window; RecordingError if it is something else."""
    if len(payload) != _WINDOW.size:
        raise _unreadable(Window, f"{len(payload)} bytes")
    return Window(*_WINDOW.unpack(payload))


def pack_sent(sent: Sent) -> bytes:
    """Write what left."""
    return sent.digest + b"".join(_RUN.pack(start, count) for start, count in sent.runs)


def unpack_sent(payload: bytes) -> Sent:
    """Read what left; RecordingError if it is something else."""
    rest = payload[HASH_BYTES:]
    if len(payload) < HASH_BYTES or len(rest) % _RUN.size:
        raise _unreadable(Sent, f"{len(payload)} bytes")
    return Sent(tuple((start, count) for start, count in _RUN.iter_unpack(rest)),
                payload[:HASH_BYTES])  # fmt: skip


def _build(kind: type[M], values: dict[str, Any]) -> M:
    try:
        return build(kind, values)
    except SignalingError as error:
        raise _unreadable(kind, error) from error


def _unreadable(kind: type[object], got: object) -> RecordingError:
    return RecordingError(f"a record of {kind.__name__.lower()} cannot be read", got=str(got)[:120])
