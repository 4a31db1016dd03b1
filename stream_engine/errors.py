"""Every error Elocute raises.

StreamEngineError
├── ConfigError            a setting is unknown or out of range
├── ShapeError             an array has the wrong shape, dtype or content
├── AudioError             audio that cannot be read or used
├── AssetError             a shipped or user file is missing or broken
│   └── RecordingError       a recording cannot be read
├── AccessError            someone may not do what they asked
│   ├── Unauthorized         no key or token was shown, or none that holds
│   ├── Forbidden            not from there, or not that
│   ├── TooMany              too often, or too many at once
│   └── TimeUp               a session has lasted as long as it may
├── CapacityError          no room for one more session
│   └── Draining             the server is going away, and takes none
├── BackendError           a model cannot run
│   ├── BackendUnavailable   the wanted backend is not on this machine
│   ├── EngineMismatch       a model file does not fit this machine or version
│   └── InferenceError       a call failed
├── RenderError            no OpenGL, or drawing failed
├── VoiceError             the program that speaks text failed
│   └── VoiceUnavailable     there is no such program here
└── TransportError         a peer or socket
    ├── SignalingError       an offer or message is malformed
    │   ├── TooLarge           a request is longer than any that makes sense
    │   ├── WrongType          a body is of another type than its door takes
    │   └── SessionGone        there is no session or viewer of that name
    ├── PeerClosed           the other side went away
    ├── SpeechBufferFull     more speech was pushed than may wait
    ├── ReplicaGone          the replica that held a session is not there
    └── AddressInUse         the port is taken

A message says what, got, expected and what to do. Lateness, underrun and dropped frames are not
errors: they are counted values.
"""

from typing import Self


class StreamEngineError(Exception):
    """Anything Elocute can raise on purpose.

    Args:
        what: What went wrong, one clause.
        got: The offending value, as a person would write it.
        expected: What would have been right.
        fix: What to do about it.
    """

    def __init__(self, what: str, *, got: str = "", expected: str = "", fix: str = "") -> None:
        self.what = what
        self.got = got
        self.expected = expected
        self.fix = fix
        parts = [what]
        if got:
            parts.append(f"got {got}")
        if expected:
            parts.append(f"expected {expected}")
        if fix:
            parts.append(f"to fix: {fix}")
        super().__init__("; ".join(parts))

    @classmethod
    def unwritable(cls, what: str, place: object, error: OSError) -> Self:
        """Make the error of a file that cannot be written.

        Args:
            what: What was to be written, a noun.
            place: The file.
            error: What the system said.

        Returns:
            An error of this kind.
        """
        return cls(
            f"{what} cannot be written",
            got=f"{place}: {error.strerror or error}",
            expected="a folder that is there and may be written to",
        )


class ConfigError(StreamEngineError):
    """A setting is unknown or out of range."""


class ShapeError(StreamEngineError):
    """An array has the wrong shape, dtype or content."""


class AudioError(StreamEngineError):
    """Audio cannot be read or used."""


class AssetError(StreamEngineError):
    """A shipped or user file is missing or broken."""


class RecordingError(AssetError):
    """A recording is none, of another version, damaged, or does not fit what replays it."""


class AccessError(StreamEngineError):
    """Someone may not do what they asked."""


class Unauthorized(AccessError):
    """No key or token was shown, or none that holds."""


class Forbidden(AccessError):
    """Not from there, or not that."""


class TooMany(AccessError):
    """Too often, or too many at once.

    Args:
        what: What went wrong, one clause.
        got: The offending value.
        expected: What would have been right.
        fix: What to do about it.
        retry_after_s: When to come again.
    """

    def __init__(
        self, what: str, *, got: str = "", expected: str = "", fix: str = "", retry_after_s: int = 1
    ) -> None:
        super().__init__(what, got=got, expected=expected, fix=fix)
        self.retry_after_s = retry_after_s


class TimeUp(AccessError):
    """A session has lasted as long as it may."""


class CapacityError(StreamEngineError):
    """There is no room for one more session."""


class Draining(CapacityError):
    """The server is going away: it takes no session, and ends those it has."""


class BackendError(StreamEngineError):
    """A model cannot run."""


class BackendUnavailable(BackendError):
    """The wanted backend is not on this machine."""


class EngineMismatch(BackendError):
    """A model file does not fit this machine, version or configuration."""


class InferenceError(BackendError):
    """A model call failed."""


class RenderError(StreamEngineError):
    """OpenGL cannot be had, or drawing failed."""


class VoiceError(StreamEngineError):
    """The program that speaks text failed, gave no sound, or did not end."""


class VoiceUnavailable(VoiceError):
    """There is no program here that speaks text."""


class TransportError(StreamEngineError):
    """A peer or socket failed."""


class SignalingError(TransportError):
    """An offer or a message is malformed."""


class TooLarge(SignalingError):
    """A request is longer than any that makes sense."""


class WrongType(SignalingError):
    """A request's body is of another type than its door takes."""


class SessionGone(SignalingError):
    """There is no session, or no viewer, of that name."""


class PeerClosed(TransportError):
    """The other side went away."""


class SpeechBufferFull(TransportError):
    """More speech was pushed than may wait to be spoken."""


class ReplicaGone(TransportError):
    """The replica that held a session is not there any more, and the session with it."""


class AddressInUse(TransportError):
    """The port is taken."""
