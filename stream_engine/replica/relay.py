"""A WebSocket between a client and the replica that has room for it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from stream_engine.errors import (
    AccessError,
    CapacityError,
    Draining,
    Forbidden,
    SignalingError,
    StreamEngineError,
    TooMany,
    Unauthorized,
)
from stream_engine.gate.guard import plain_protocol
from stream_engine.json_fields import json_object
from stream_engine.replica.ask import passed_up
from stream_engine.replica.placement import Report
from stream_engine.replica.session_name import gone
from stream_engine.transport.speech_socket import CLOSE_REFUSED, CLOSE_TRY_AGAIN
from stream_engine.wire import Failure, decode_event, encode, failure_of

Place = Callable[[Collection[str]], Awaitable[Report | None]]

CONNECT_S = 3.0
"""A replica that lives takes a connection sooner than this."""

PING_S = 5.0
"""So long after its last sign a replica is asked for one, and so long it has to give it."""

REFUSALS = {CapacityError.__name__, Draining.__name__}
"""What a replica without room says first; another may have some."""


ACCESS_ERRORS: dict[str, type[AccessError]] = {
    kind.__name__: kind for kind in (Unauthorized, Forbidden, TooMany)
}
"""What a replica's guard answers a handshake with: asking another would be of no use."""


def no_room() -> CapacityError:
    """Make the error for when nobody takes one more session."""
    return CapacityError("every replica is full or going away", fix="try again in a moment")


async def relay_speech(place: Place, client: WebSocket) -> None:
    """Serve one WebSocket through a replica, from handshake to close.

    A client is told when its replica is lost: an error message, then `CLOSE_TRY_AGAIN`.

    Args:
        place: Chooses a replica, but none of those it is given.
        client: Not yet accepted.
    """
    await client.accept(plain_protocol(client.scope.get("subprotocols", ())))
    try:
        code = await _serve(place, client)
        await client.close(code)
    except (WebSocketDisconnect, RuntimeError):
        return  # the client had gone
    except StreamEngineError as error:
        with suppress(WebSocketDisconnect, RuntimeError):
            await client.send_text(encode(failure_of(error)))
            await client.close(_close_code(error))


async def _serve(place: Place, client: WebSocket) -> int:
    headers = passed_up(client)
    # The name the client used, at the replica's address: names and pages are judged there.
    called = headers.pop("Host", "") or "replica"
    protocols = [Subprotocol(name) for name in client.scope.get("subprotocols", ())]
    tried: set[str] = set()
    while (chosen := await place(tried)) is not None:
        tried.add(chosen.replica)
        try:
            host, _, port = chosen.address.rpartition(":")
            upstream = await connect(
                f"ws://{called}{client.url.path}?{client.url.query}",
                host=host.strip("[]"),
                port=int(port),
                additional_headers=headers,
                subprotocols=protocols or None,
                open_timeout=CONNECT_S,
                ping_interval=PING_S,
                ping_timeout=PING_S,
                compression=None,
            )
        except InvalidStatus as error:
            if (said := _access_error(error)) is not None:
                raise said from error
            continue
        except (OSError, WebSocketException):  # gone since it reported; TimeoutError is an OSError
            continue
        async with upstream:
            try:
                first = await upstream.recv()
            except ConnectionClosed:
                continue
            if _refused(first):
                continue
            await _hand_down(client, first)
            return await _both_ways(client, upstream, chosen.replica)
    raise no_room()


def _access_error(error: InvalidStatus) -> StreamEngineError | None:
    """Read why a replica's guard let nobody in; None if it was something else."""
    try:
        said = decode_event(bytes(error.response.body or b"").decode("utf-8", "replace"))
    except SignalingError:
        return None
    if not isinstance(said, Failure) or said.error.type not in ACCESS_ERRORS:
        return None
    problem = said.error
    return ACCESS_ERRORS[problem.type](
        problem.message, got=problem.got, expected=problem.expected, fix=problem.fix
    )


def _close_code(error: StreamEngineError) -> int:
    return CLOSE_REFUSED if isinstance(error, (Unauthorized, Forbidden)) else CLOSE_TRY_AGAIN


def _refused(first: str | bytes) -> bool:
    """Whether a replica has no room; doors differ in all they say but that."""
    said = json_object(first) if isinstance(first, str) else {}
    error = said.get("error")
    return isinstance(error, dict) and error.get("type") in REFUSALS


async def _both_ways(client: WebSocket, upstream: ClientConnection, replica: str) -> int:
    """Pass messages on until either side ends; the code the replica closed with."""
    up = asyncio.create_task(_up(client, upstream))
    down = asyncio.create_task(_down(client, upstream))
    try:
        await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        for task in (up, down):
            if task.done():
                task.result()
        await down
    finally:
        for task in (up, down):
            task.cancel()
        await asyncio.gather(up, down, return_exceptions=True)
    if upstream.protocol.close_rcvd is None:  # no goodbye: the process or its machine is gone
        raise gone(replica)
    return upstream.protocol.close_rcvd.code


async def _up(client: WebSocket, upstream: ClientConnection) -> None:
    while True:
        event = await client.receive()
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code", 1005))
        data = event.get("bytes")
        try:
            await upstream.send(event.get("text") or "" if data is None else data)
        except ConnectionClosed:
            return  # what it said last is still on its way down


async def _down(client: WebSocket, upstream: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        while True:
            await _hand_down(client, await upstream.recv())


async def _hand_down(client: WebSocket, message: str | bytes) -> None:
    if isinstance(message, str):
        await client.send_text(message)
    else:
        await client.send_bytes(message)
