"""Every error Elocute raises.

StreamEngineError
├── ConfigError            a setting is unknown or out of range
├── ShapeError             an array has the wrong shape, dtype or content
├── AudioError             audio that cannot be read or used
├── AssetError             a shipped or user file is missing or broken
├── CapacityError          no room for one more session
│   └── Draining             the server is going away, and takes none
├── BackendError           a model cannot run
│   ├── BackendUnavailable   the wanted backend is not on this machine
│   ├── EngineMismatch       a model file does not fit this machine or version
│   └── InferenceError       a call failed
├── RenderError            no OpenGL, or drawing failed
└── TransportError         a peer or socket
    ├── SignalingError       an offer or message is malformed
    ├── PeerClosed           the other side went away
    ├── ReplicaGone          the replica that held a session is not there
    └── AddressInUse         the port is taken

A message says what, got, expected and what to do. Lateness, underrun and dropped frames are not
errors: they are counted values.
"""


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


class ConfigError(StreamEngineError):
    """A setting is unknown or out of range."""


class ShapeError(StreamEngineError):
    """An array has the wrong shape, dtype or content."""


class AudioError(StreamEngineError):
    """Audio cannot be read or used."""


class AssetError(StreamEngineError):
    """A shipped or user file is missing or broken."""


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


class TransportError(StreamEngineError):
    """A peer or socket failed."""


class SignalingError(TransportError):
    """An offer or a message is malformed."""


class PeerClosed(TransportError):
    """The other side went away."""


class ReplicaGone(TransportError):
    """The replica that held a session is not there any more, and the session with it."""


class AddressInUse(TransportError):
    """The port is taken."""
