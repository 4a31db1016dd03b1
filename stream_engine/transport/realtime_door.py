"""The way in to ``/v1/realtime``: what the URL asks for, and how it ends."""

import logging
from collections.abc import Mapping

from starlette.websockets import WebSocket, WebSocketDisconnect

from stream_engine.audio.resampler import block_samples
from stream_engine.errors import (
    CapacityError,
    Draining,
    SignalingError,
    StreamEngineError,
    TimeUp,
    TooMany,
)
from stream_engine.household import Household
from stream_engine.motion.window import profile_named
from stream_engine.realtime_wire import RealtimeError, as_text
from stream_engine.transport.outbox import last_words
from stream_engine.transport.realtime_socket import RealtimeSocket, Wish
from stream_engine.transport.speech_socket import (
    CLOSE_FAILED,
    CLOSE_REFUSED,
    CLOSE_TRY_AGAIN,
)
from stream_engine.transport.url_query import read_choice, read_flag, read_rate
from stream_engine.wire import failure_of

logger = logging.getLogger(__name__)

RATE_HZ = 24_000
"""Of the speech, unless the client says another."""


def read_wish(query: Mapping[str, str], default_profile: str) -> Wish:
    """Read the query of the URL.

    ``rate``, ``profile``, ``encoding``, ``idle``, ``session``, ``record``.

    Args:
        query: Keys and values.
        default_profile: Used where the query names none.

    Returns:
        The wish.

    Raises:
        SignalingError: If a value is none of those there are.
        ConfigError: If there is no such profile.
        AudioError: If the rate cannot be streamed.
    """
    rate_hz = read_rate(query.get("rate", str(RATE_HZ)))
    block_samples(rate_hz)  # before it is a listener of anybody's session
    profile = profile_named(query.get("profile", default_profile)).name
    session = query.get("session", "")
    record = read_flag(query, "record")
    if record and session:
        raise SignalingError(
            "a session is recorded from its beginning or not at all",
            got="record=true with session=",
            fix="ask for it where the session is opened",
        )
    binary = read_choice(query, "encoding", ("json", "binary")) == "binary"
    idle = read_choice(query, "idle", ("true", "false")) == "true"
    return Wish(rate_hz, profile, binary, idle, session, record)


async def serve_realtime(house: Household, socket: WebSocket, present: set[RealtimeSocket]) -> None:
    """Serve one WebSocket from handshake to close.

    Args:
        house: Opens the session.
        socket: Not yet accepted.
        present: Holds the client for as long as its session lasts.
    """
    await socket.accept()
    try:
        client = RealtimeSocket(
            house, socket, read_wish(socket.query_params, house.config.motion.profile)
        )
        present.add(client)
        try:
            await client.run()
        finally:
            present.discard(client)
        await socket.close()
    except WebSocketDisconnect:
        return
    except (CapacityError, Draining, TooMany, TimeUp) as error:
        await _fail(socket, error, CLOSE_TRY_AGAIN)
    except StreamEngineError as error:
        await _fail(socket, error, CLOSE_REFUSED)
    except Exception as error:
        logger.exception("a realtime socket failed")
        await _fail(socket, error, CLOSE_FAILED)


async def _fail(socket: WebSocket, error: Exception, code: int) -> None:
    await last_words(socket, as_text(RealtimeError(failure_of(error).error, ends=True)), code)
