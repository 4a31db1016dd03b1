"""One address for many replicas: sessions are placed, and what concerns one finds its replica."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Protocol
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from stream_engine.errors import TransportError
from stream_engine.refusals import body_text, error_handlers
from stream_engine.replica.ask import Question, Reply, ask, passed_up
from stream_engine.replica.placement import Report
from stream_engine.replica.relay import no_room, relay_speech
from stream_engine.replica.session_name import gone, split_name

NO_ROOM = 503
"""What a replica answers, with when to come again, that is full or going away."""

ASKING = 64
"""Requests on their way to replicas at once; more wait."""


class Directory(Protocol):
    """Knows the replicas; `placement.Register`, wherever it lives."""

    async def living(self) -> Sequence[Report]:
        """List the replicas."""
        ...

    async def find(self, replica: str) -> Report | None:
        """Find a living replica by its name."""
        ...

    async def place(self, tried: Collection[str]) -> Report | None:
        """Choose one for a session, but none of those ``tried``."""
        ...


class Doors:
    """Answers for all replicas: places sessions, passes on the rest.

    *State*: nothing about sessions; any of several doors will do. *Thread*: the loop.

    Args:
        directory: Knows the replicas.
    """

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._threads = ThreadPoolExecutor(ASKING, "doors")

    async def offer(self, request: Request) -> Response:
        """Open a session where there is room; who refuses for want of it is not asked again."""
        body = (await body_text(request)).encode()
        question = Question("POST", _target(request), body, passed_up(request))
        tried: set[str] = set()
        while (chosen := await self._directory.place(tried)) is not None:
            tried.add(chosen.replica)
            try:
                reply = await self._ask(chosen, question)
            except TransportError:  # gone since it reported
                continue
            if reply.status != NO_ROOM or "Retry-After" not in reply.headers:
                return _passed_down(reply)
        raise no_room()

    async def session(self, request: Request) -> Response:
        """Pass a request about a session on to the replica that holds it."""
        name = request.path_params["session"]
        replica, _ = split_name(name)
        found = await self._directory.find(replica)
        if found is None:
            raise gone(replica)
        try:
            body = (await body_text(request)).encode()
            question = Question(request.method, _target(request), body, passed_up(request))
            return _passed_down(await self._ask(found, question))
        except TransportError as error:
            raise gone(replica) from error

    async def anything(self, request: Request) -> Response:
        """Pass on what any replica can answer: the page, its files, the profiles, tokens."""
        body = (await body_text(request)).encode()
        question = Question(request.method, _target(request), body, passed_up(request))
        for found in await self._directory.living():
            try:
                return _passed_down(await self._ask(found, question))
            except TransportError:
                continue
        raise no_room()

    async def replicas(self, request: Request) -> Response:
        """List the replicas."""
        return JSONResponse([dataclasses.asdict(one) for one in await self._directory.living()])

    async def health(self, request: Request) -> Response:
        """Say that the doors are open."""
        return JSONResponse({"status": "ok"})

    async def ready(self, request: Request) -> Response:
        """Say whether any replica takes one more session."""
        living = await self._directory.living()
        room, sessions = sum(one.room for one in living), sum(one.sessions for one in living)
        answer = {"ready": room > 0, "replicas": len(living), "sessions": sessions, "room": room}
        return JSONResponse(answer, status_code=200 if room else 503)

    async def metrics(self, request: Request) -> Response:
        """Write Prometheus' text: sessions and room by replica."""
        lines = []
        living = await self._directory.living()
        for name, text, values in (
            ("sessions", "Sessions open.", {one.replica: one.sessions for one in living}),
            ("room", "Sessions that fit beside.", {one.replica: one.room for one in living}),
        ):
            lines.append(f"# HELP elocute_replica_{name} {text}")
            lines.append(f"# TYPE elocute_replica_{name} gauge")
            rows = sorted(values.items())
            lines += [f'elocute_replica_{name}{{replica="{key}"}} {value}' for key, value in rows]
        body = "\n".join(lines) + "\n"
        return PlainTextResponse(body, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def speech(self, websocket: WebSocket) -> None:
        """Serve the WebSocket door through a replica with room."""
        await relay_speech(self._directory.place, websocket)

    async def realtime(self, websocket: WebSocket) -> None:
        """Serve the assistants' door: through the replica that holds the session it names."""
        replica, _ = split_name(websocket.query_params.get("session", ""))

        async def holder(tried: Collection[str]) -> Report:
            found = await self._directory.find(replica)
            if found is None or tried:
                raise gone(replica)
            return found

        await relay_speech(holder if replica else self._directory.place, websocket)

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask(self, replica: Report, question: Question) -> Reply:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, ask, replica.address, question)


def _target(request: Request) -> str:
    """Path and query, as they are passed on."""
    query = request.url.query
    return quote(request.url.path, safe="/~") + (f"?{query}" if query else "")


def _passed_down(reply: Reply) -> Response:
    return Response(reply.body, reply.status, reply.headers)


def doors_app(directory: Directory) -> Starlette:
    """Build the ASGI application in front of the replicas.

    Args:
        directory: Knows the replicas.

    Returns:
        The application; it has the paths a single server has, and ``/replicas``.
    """
    doors = Doors(directory)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        doors.close()

    return Starlette(
        routes=[
            Route("/api/offer", doors.offer, methods=["POST"]),
            Route("/api/session/{session}", doors.session, methods=["DELETE"]),
            Route("/whip", doors.offer, methods=["POST"]),
            Route("/whep", doors.offer, methods=["POST"]),
            Route("/whip/{session}", doors.session, methods=["PATCH", "DELETE"]),
            Route("/whep/{session}", doors.session, methods=["POST", "PATCH", "DELETE"]),
            Route("/whep/{session}/{viewer}", doors.session, methods=["PATCH", "DELETE"]),
            Route("/replicas", doors.replicas),
            Route("/healthz", doors.health),
            Route("/readyz", doors.ready),
            Route("/metrics", doors.metrics),
            WebSocketRoute("/v1/speech", doors.speech),
            WebSocketRoute("/v1/realtime", doors.realtime),
            Route("/api/token", doors.anything, methods=["POST"]),
            Route("/{path:path}", doors.anything, methods=["GET", "OPTIONS"]),
        ],
        exception_handlers=error_handlers(),
        lifespan=lifespan,
    )
