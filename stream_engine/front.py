"""Requests and their answers: signalling, metrics, health, page."""

import asyncio
import dataclasses
import logging
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from stream_engine.errors import AssetError, TransportError
from stream_engine.gate.door import TokenDoor
from stream_engine.household import Household, is_failing, is_lost
from stream_engine.leftovers import Leftovers
from stream_engine.mesh.head_asset import avatar_files
from stream_engine.motion.window import PROFILES
from stream_engine.peers import Peers
from stream_engine.refusals import body_text, plain
from stream_engine.replica.ask import FORWARDED, Question, ask, passed_up
from stream_engine.replica.session_name import REPLICA, full_name, gone, split_name
from stream_engine.telemetry.process import process_lines
from stream_engine.text_wire import MOST_TEXT
from stream_engine.transport.page_assets import PageFiles, asset_routes
from stream_engine.transport.realtime_door import serve_realtime
from stream_engine.transport.realtime_socket import RealtimeSocket
from stream_engine.transport.speech_socket import SpeechSocket, serve_speech
from stream_engine.transport.still import encode_jpeg
from stream_engine.types import TICKS_PER_SECOND
from stream_engine.whip import WhipDoor
from stream_engine.wire import Offer, decode_as

logger = logging.getLogger(__name__)

SWEEP_S = 1.0
"""Every so often statistics go out and silent peers are looked for."""


class Front:
    """Answers requests; holds the peers and the sockets.

    *Thread*: the loop.

    Args:
        house: Opens the sessions.
        keys: The server's.
    """

    def __init__(self, house: Household, keys: Sequence[str] = ()) -> None:
        self.house = house
        self.tokens = TokenDoor(keys)
        self.peers = Peers(house)
        self.sockets: set[SpeechSocket] = set()
        self.assistants: set[RealtimeSocket] = set()
        self._still: bytes | None = None

    async def offer(self, request: Request) -> Response:
        """Open a session for a browser's offer."""
        offer = decode_as(Offer, await body_text(request))
        answer = await self.peers.open(offer)
        name = full_name(self.house.config.server.replica, answer.session)
        return JSONResponse(plain(dataclasses.replace(answer, session=name)))

    async def end(self, request: Request) -> Response:
        """Close a session, here or at the replica that holds it; it may have gone already."""
        replica, token = split_name(request.path_params["session"])
        if replica not in ("", self.house.config.server.replica):
            return await self._pass_on(request, replica)
        peer = self.peers.hosts.get(token)
        if peer is not None:
            await peer.close()
        return Response(status_code=204)

    async def _pass_on(self, request: Request, replica: str) -> Response:
        """Ask a sister who holds the session, once."""
        sisters = self.house.config.server.sisters
        if not sisters or FORWARDED in request.headers or not REPLICA.fullmatch(replica):
            raise gone(replica)
        question = Question(request.method, request.url.path, headers=passed_up(request))
        try:
            reply = await asyncio.to_thread(ask, sisters.replace("{replica}", replica), question)
        except TransportError as error:
            raise gone(replica) from error
        return Response(reply.body, reply.status, reply.headers)

    async def profiles(self, request: Request) -> Response:
        """List the latency profiles, and say what a session begins with and can do."""
        rows = [
            {"name": profile.name, "latency_ms": profile.latency * 1000 // TICKS_PER_SECOND}
            for profile in PROFILES.values()
        ]
        motion, avatar = self.house.config.motion, self.house.config.render.avatar
        manner = {"emotion": motion.emotion, "intensity": motion.intensity, "style": motion.style}
        first = {"default": motion.profile, "manner": manner, "avatar": avatar}
        avatars = list(avatar_files(self.house.config.render.avatars_folder))
        most_text = MOST_TEXT if self.house.voice is not None else 0
        can = {"avatars": avatars, "most_text": most_text, "recording": self.house.recorder.offer}
        return JSONResponse({"profiles": rows, **first, **can})

    async def health(self, request: Request) -> Response:
        """Say that the server is up, and how full; or that only a start anew may help."""
        limit, lost = self.house.config.server.max_sessions, is_lost(self.house)
        status = {"status": "lost" if lost else "ok", "sessions": self.house.sessions}
        return JSONResponse({**status, "max_sessions": limit}, status_code=503 if lost else 200)

    async def ready(self, request: Request) -> Response:
        """Say whether the server takes one more session, and if not, why."""
        house = self.house
        reason = house.refusal
        answer = {"ready": not reason, "reason": reason, "sessions": house.sessions}
        return JSONResponse({**answer, "room": house.room}, status_code=503 if reason else 200)

    async def metrics(self, request: Request) -> Response:
        """Write Prometheus' text."""
        text = self.house.tally.exposition(_gauges(self.house)) + process_lines()
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def still(self, request: Request) -> Response:
        """Show the face at rest, for a page that waits to be started."""
        if self._still is None:
            self._still = await asyncio.to_thread(encode_jpeg, self.house.render.still)
        headers = {"Cache-Control": "no-cache"}
        return Response(self._still, media_type="image/jpeg", headers=headers)

    async def speech(self, websocket: WebSocket) -> None:
        """Serve the WebSocket door."""
        await serve_speech(self.house, websocket, self.sockets)

    async def sweep(self) -> None:
        """Import WebRTC; then each second send statistics, end who is not heard, clear up."""
        try:
            await self.peers.prepare()  # or `Leftovers` would look through it after each session
        except ImportError:
            logger.exception("nobody can connect by WebRTC")
        leftovers = Leftovers(self.house.clock)
        leftovers.begin()
        try:
            while True:
                await asyncio.sleep(SWEEP_S)
                self.house.visits.end_overdue()
                await self.peers.look_after()
                leftovers.look(int(self.house.tally.count("sessions_closed_total")))
        finally:
            leftovers.end()

    async def close(self, cause: Exception | None = None) -> None:
        """End every session; with a cause, every client is told."""
        if cause is not None:
            for socket in self.sockets:
                socket.dismiss(cause)
            for assistant in self.assistants:
                assistant.dismiss(cause)
        await self.peers.close(cause)


def _gauges(house: Household) -> dict[str, float]:
    waiting, most = house.engine.waiting
    return {
        "sessions": float(house.sessions),
        "room": float(house.room),
        "addresses": float(house.visits.addresses),
        "engine_level": float(house.engine.level),
        "failing": float(is_failing(house)),
        f'engine_info{{backend="{house.backend}"}}': 1.0,
        "engine_waiting_frames": float(waiting),
        "engine_waiting_most_frames": float(most),
        **house.sync.gauges(house.by_name.values()),
    }


def routes(front: Front, web_root: Path) -> list[BaseRoute]:
    """List the routes.

    Args:
        front: Answers.
        web_root: Folder of the page.

    Returns:
        The routes; the page's files come last.
    """

    async def page(request: Request) -> Response:
        return FileResponse(web_root / "index.html", headers={"Cache-Control": "no-cache"})

    async def realtime(websocket: WebSocket) -> None:
        await serve_realtime(front.house, websocket, front.assistants)

    async def sample(request: Request) -> Response:
        path = resources.files("stream_engine") / "assets" / "sample.wav"
        if not path.is_file():
            raise AssetError("the speech sample is missing", got="assets/sample.wav")
        return FileResponse(str(path), media_type="audio/wav")

    return [
        Route("/", page),
        Route("/api/offer", front.offer, methods=["POST"]),
        Route("/api/session/{session}", front.end, methods=["DELETE"]),
        *WhipDoor(front.house, front.peers).routes(),
        Route("/api/profiles", front.profiles),
        Route("/api/token", front.tokens.give, methods=["POST"]),
        Route("/healthz", front.health),
        Route("/readyz", front.ready),
        Route("/metrics", front.metrics),
        Route("/assets/sample.wav", sample),
        Route("/assets/still.jpg", front.still),
        *asset_routes(front.house.config.render),
        WebSocketRoute("/v1/speech", front.speech),
        WebSocketRoute("/v1/realtime", realtime),
        Mount("/", PageFiles(directory=web_root)),
    ]
