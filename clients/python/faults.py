"""What a server refuses, as the error it raised there."""

from websockets.exceptions import InvalidStatus, InvalidURI

from stream_engine import errors
from stream_engine.errors import ConfigError, SignalingError, StreamEngineError, TransportError
from stream_engine.wire import Failure, Problem, decode_event

TRANSIENT = (errors.CapacityError, errors.TooMany, errors.PeerClosed)
"""What may be gone when one asks again."""


class Unreachable(TransportError):
    """There is no server, or none yet."""


def unreachable(url: str, error: Exception) -> StreamEngineError:
    """Say why no connection came about.

    Args:
        url: Where to.
        error: What was raised.

    Returns:
        `Unreachable`, or ConfigError if there cannot be a server at such an address.
    """
    place = url.partition("?")[0]
    if isinstance(error, InvalidURI):
        expected = "ws:// or wss://, host, port and the door's path"
        return ConfigError("no address of a WebSocket", got=place, expected=expected)
    got = f"{place}: {error or type(error).__name__}"
    return Unreachable("no server", got=got, fix="start one, or wait for it")


def error_of(problem: Problem) -> StreamEngineError:
    """Make the error again that a server told of.

    Args:
        problem: What it said.

    Returns:
        Of the same kind if it is one of `stream_engine.errors`, else a TransportError.
    """
    kind = getattr(errors, problem.type, None)
    if not (isinstance(kind, type) and issubclass(kind, StreamEngineError)):
        kind = TransportError
    error: StreamEngineError = kind(
        problem.message, got=problem.got, expected=problem.expected, fix=problem.fix
    )
    return error


def refusal(error: InvalidStatus) -> StreamEngineError:
    """Say why a handshake was refused.

    Args:
        error: What websockets raised.

    Returns:
        What the server said, or its HTTP status.
    """
    try:
        said = decode_event(bytes(error.response.body or b"").decode("utf-8", "replace"))
    except SignalingError:
        said = None
    if isinstance(said, Failure):
        return error_of(said.error)
    return TransportError("the server refused", got=f"HTTP {error.response.status_code}")
