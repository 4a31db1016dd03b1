"""How errors answer requests: every refusal is JSON with a fitting status."""

import dataclasses
import logging
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from stream_engine.errors import (
    AssetError,
    CapacityError,
    ConfigError,
    Forbidden,
    PeerClosed,
    ReplicaGone,
    SessionGone,
    SignalingError,
    StreamEngineError,
    TooLarge,
    TooMany,
    TransportError,
    Unauthorized,
    WrongType,
)
from stream_engine.json_fields import MAX_TEXT
from stream_engine.wire import Failure, Problem, failure_of

logger = logging.getLogger(__name__)

RETRY_AFTER_S = 2
"""A client that was refused for want of room is asked to wait so long."""

STATUSES: tuple[tuple[type[StreamEngineError], int], ...] = (
    (Unauthorized, 401),
    (Forbidden, 403),
    (AssetError, 404),
    (SessionGone, 404),
    (ReplicaGone, 410),
    (TooLarge, 413),
    (TooMany, 429),
    (WrongType, 415),
    (SignalingError, 400),
    (ConfigError, 400),
    (CapacityError, 503),
    (TransportError, 503),
)
"""The first that fits; anything else is the server's own fault."""


def refusal(error: Exception) -> JSONResponse:
    """Answer a request with an error.

    Args:
        error: One that is not ours shows its kind only.

    Returns:
        The answer, with the headers that go with its status.
    """
    status = next((code for kind, code in STATUSES if isinstance(error, kind)), 500)
    headers = {}
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, CapacityError):
        headers["Retry-After"] = str(RETRY_AFTER_S)
    return JSONResponse(plain(failure_of(error)), status_code=status, headers=headers)


def plain(message: object) -> dict[str, Any]:
    """Turn a message into what JSON holds."""
    return dataclasses.asdict(message)  # type: ignore[call-overload, no-any-return]


async def body_text(request: Request) -> str:
    """Read a request's body.

    Args:
        request: Its body is not read yet.

    Returns:
        The text.

    Raises:
        TooLarge: If it is too long.
        SignalingError: If it is not UTF-8.
        PeerClosed: If the client leaves meanwhile.
    """
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_TEXT:
                raise TooLarge("a request is too long", expected=f"at most {MAX_TEXT} bytes")
    except ClientDisconnect as error:
        raise PeerClosed("the client left before its request was complete") from error
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SignalingError("a request is not UTF-8", got=str(error)[:80]) from error


async def _on_error(request: Request, error: Exception) -> Response:
    answer = refusal(error)
    if answer.status_code == 500:
        logger.error("a request failed", exc_info=error)
    return answer


async def _on_not_found(request: Request, error: Exception) -> Response:
    failure = Failure(Problem("NotFound", "there is no such page", got=request.url.path[:200]))
    return JSONResponse(plain(failure), status_code=404)


def error_handlers() -> dict[Any, Any]:
    """Map exceptions to handlers; the server stays up."""
    return {StreamEngineError: _on_error, 404: _on_not_found, Exception: _on_error}
