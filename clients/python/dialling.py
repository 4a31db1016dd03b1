"""The way to a server's ``/v1/realtime``: what is asked for, and how long one keeps knocking."""

import asyncio
import json
from dataclasses import dataclass
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from clients.python.faults import TRANSIENT, Unreachable, error_of, refusal, unreachable
from stream_engine.errors import PeerClosed, SignalingError, StreamEngineError
from stream_engine.realtime_wire import Described, RealtimeError, SessionCreated, read_answer

CLOSE_S = 1.0
"""Longest wait for the server's goodbye."""

FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 5.0
"""Between two attempts: twice as long each time, up to the longest."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a session is to be, and how much this side keeps.

    Attributes:
        profile: Latency profile by name; the server's own by default.
        idle: The face lives from the start on; otherwise time begins with the first speech.
        session: Name of an open WebRTC session to speak through, or empty for one of its own.
        patience_s: How long a server that is not there, or has no room, is asked again.
        most_frames: Frames that may wait for their reader, 25 a second.
        most_events: Events, likewise.
        most_ahead_s: Speech that may wait at the server; it takes two minutes.
        answer_s: Longest wait for the handshake.
    """

    profile: str = ""
    idle: bool = True
    session: str = ""
    patience_s: float = 0.0
    most_frames: int = 100
    most_events: int = 256
    most_ahead_s: float = 60.0
    answer_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Line:
    """An open connection, and what the server said first."""

    socket: ClientConnection
    session: Described


def address(url: str, rate_hz: int, binary: bool, options: Options) -> str:
    """Write the whole URL.

    Args:
        url: Of the door.
        rate_hz: Of the speech.
        binary: Sound and motion come as bytes.
        options: The rest.

    Returns:
        The URL with its query.
    """
    query = {"rate": str(rate_hz), "encoding": "binary" if binary else "json"}
    query["idle"] = "true" if options.idle else "false"
    for key in ("profile", "session"):
        if value := getattr(options, key):
            query[key] = value
    return f"{url}?{urlencode(query)}"


async def dial(url: str, token: str, options: Options) -> Line:
    """Open a session, patiently.

    Args:
        url: With its query.
        token: Key or token; empty where the server wants none.
        options: How patiently.

    Returns:
        The connection.

    Raises:
        Unreachable: If there is no server.
        StreamEngineError: What the server refused.
    """
    loop = asyncio.get_running_loop()
    until, wait_s = loop.time() + options.patience_s, FIRST_WAIT_S
    while True:
        try:
            return await _dial_once(url, token, options)
        except (Unreachable, *TRANSIENT):
            if loop.time() + wait_s > until:
                raise
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, LONGEST_WAIT_S)


async def _dial_once(url: str, token: str, options: Options) -> Line:
    shown = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        socket = await connect(
            url,
            additional_headers=shown,
            open_timeout=options.answer_s,
            close_timeout=CLOSE_S,
            max_queue=None,  # it is read all the time, and a full queue would hold up its closing
        )
    except InvalidStatus as error:
        raise refusal(error) from error
    except (OSError, WebSocketException) as error:  # TimeoutError is an OSError
        raise unreachable(url, error) from error
    try:
        return Line(socket, await _first(socket, options))
    except BaseException:
        await socket.close()
        raise


async def _first(socket: ClientConnection, options: Options) -> Described:
    try:
        message = await asyncio.wait_for(socket.recv(), options.answer_s)
    except TimeoutError as error:
        raise Unreachable("the server does not answer", got=f"{options.answer_s:g} s") from error
    except ConnectionClosed as error:
        raise lost(error) from error
    answer = read_answer(message) if isinstance(message, str) else None
    if isinstance(answer, RealtimeError):
        raise error_of(answer.error)
    if not isinstance(answer, SessionCreated):
        got = repr(message)[:80]
        raise SignalingError("not a realtime door", got=got, expected="session.created")
    return answer.session


def lost(error: ConnectionClosed) -> StreamEngineError:
    """What it is when the server goes away."""
    return PeerClosed(
        "the server closed the connection",
        got=str(error),
        fix="connect again; what had not been heard must be sent again",
    )


def event(kind: str, **fields: object) -> str:
    """Write an event of the client."""
    return json.dumps({"type": kind, **fields}, separators=(",", ":"))
