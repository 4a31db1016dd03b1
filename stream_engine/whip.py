"""WHIP in (RFC 9725) and WHEP out (draft-ietf-wish-whep): a session by plain HTTP.

::

    POST   /whip                     opens a session for a microphone
    POST   /whep                     opens one whose speech comes from elsewhere, and watches it
    POST   /whep/SESSION             watches one that is there
    PATCH  the answer's Location     further ICE candidates
    DELETE the answer's Location     ends it

``Location`` is ``/whip/SESSION``, ``/whep/SESSION`` or ``/whep/SESSION/VIEWER``. Queries of those
that open a session: ``profile``, ``avatar``, ``output`` (several), ``record``; of those that watch:
``codec``, ``kbps``, ``height``, ``fps``. Who opened a session ends it.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stream_engine.errors import SignalingError, TransportError, WrongType
from stream_engine.household import Household
from stream_engine.peers import Peers, gone
from stream_engine.refusals import body_text
from stream_engine.replica.ask import FORWARDED, Question, ask, passed_up
from stream_engine.replica.session_name import REPLICA, full_name, split_name
from stream_engine.replica.session_name import gone as replica_gone
from stream_engine.transport.ice import told_servers
from stream_engine.transport.role import Role
from stream_engine.transport.url_query import read_flag
from stream_engine.wire import Answer, Offer, Video

if TYPE_CHECKING:
    from stream_engine.transport.connection import Connection

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"

ROLES = {"/whip": Role.SPEAKS, "/whep": Role.WATCHES}

Handler = Callable[[Request], Awaitable[Response]]


class WhipDoor:
    """Answers WHIP and WHEP, and says which ICE servers there are.

    *Thread*: the loop.

    Args:
        house: Its settings count.
        peers: Opens connections.
    """

    def __init__(self, house: Household, peers: Peers) -> None:
        self._house = house
        self._peers = peers
        self._name = house.config.server.replica

    def routes(self) -> list[Route]:
        """List the routes."""
        there = self._here_or_there
        change = ["PATCH", "DELETE"]
        return [
            Route("/api/ice", self.ice),
            Route("/whip", self.open, methods=["POST"]),
            Route("/whep", self.open, methods=["POST"]),
            Route("/whep/{session}", there(self.watch), methods=["POST"]),
            Route("/whip/{session}", there(self.change), methods=change),
            Route("/whep/{session}", there(self.change), methods=change),
            Route("/whep/{session}/{viewer}", there(self.change), methods=change),
        ]

    async def ice(self, request: Request) -> Response:
        """Say which STUN and TURN servers a client should use."""
        servers = [server.plain() for server in told_servers(self._house.config.ice)]
        headers = {"Cache-Control": "no-store"}
        return JSONResponse({"iceServers": servers}, headers=headers)

    async def open(self, request: Request) -> Response:
        """Open a session."""
        query = request.query_params
        outputs = query.getlist("output") or None
        sdp = await _typed(request, SDP)
        video = _video(query)
        record = read_flag(query, "record")
        profile, avatar = query.get("profile"), query.get("avatar")
        offer = Offer(sdp, "offer", profile, avatar, outputs, video, record)
        door = request.url.path
        answer = await self._peers.open(offer, ROLES[door])
        return self._created(answer, f"{door}/{full_name(self._name, answer.session)}")

    async def watch(self, request: Request) -> Response:
        """Watch a session."""
        offer = Offer(await _typed(request, SDP), "offer", video=_video(request.query_params))
        session = split_name(request.path_params["session"])[1]
        answer, viewer = await self._peers.watch(session, offer)
        return self._created(answer, f"/whep/{full_name(self._name, session)}/{viewer.id}")

    async def change(self, request: Request) -> Response:
        """Take candidates, or end; who is gone already may be ended once more."""
        session = split_name(request.path_params["session"])[1]
        viewer = request.path_params.get("viewer")
        found = self._peers.viewers.get(viewer) if viewer else self._peers.hosts.get(session)
        if found is not None and found.session.id != session:
            found = None
        if request.method == "DELETE":
            if found is not None:
                await found.close()
            return Response(status_code=200)
        if found is None:
            raise gone(viewer or session)
        return await _trickle(request, found.connection, viewer or session)

    def _created(self, answer: Answer, location: str) -> Response:
        response = Response(answer.sdp, 201, {"Location": location}, SDP)
        response.headers["ETag"] = f'"{split_name(location.rpartition("/")[2])[1]}"'
        response.headers["Accept-Patch"] = FRAGMENT
        response.headers["Cache-Control"] = "no-store"
        for server in told_servers(self._house.config.ice):
            response.headers.append("Link", server.link())
        return response

    def _here_or_there(self, handler: Handler) -> Handler:
        """Let the replica answer that holds the session."""

        async def answered(request: Request) -> Response:
            replica = split_name(request.path_params["session"])[0]
            if replica in ("", self._name):
                return await handler(request)
            sisters = self._house.config.server.sisters
            if not sisters or FORWARDED in request.headers or not REPLICA.fullmatch(replica):
                raise replica_gone(replica)
            body = (await body_text(request)).encode()
            headers: Mapping[str, str] = passed_up(request)
            question = Question(request.method, request.url.path, body, headers)
            address = sisters.replace("{replica}", replica)
            try:
                reply = await asyncio.to_thread(ask, address, question)
            except TransportError as error:
                raise replica_gone(replica) from error
            return Response(reply.body, reply.status, reply.headers)

        return answered


def _video(query: Mapping[str, str]) -> Video:
    """Read what a client would like to see."""
    numbers: dict[str, int] = {}
    for key in ("kbps", "height", "fps"):
        text = query.get(key)
        if text is None:
            continue
        if not re.fullmatch("[0-9]{1,6}", text):
            raise SignalingError(f"{key} of the URL is no number", got=repr(text)[:40])
        numbers[key] = int(text)
    return Video(query.get("codec"), **numbers)


async def _trickle(request: Request, connection: "Connection", tag: str) -> Response:
    wanted = request.headers.get("if-match", f'"{tag}"')
    if wanted == "*":
        raise SignalingError(
            "this server does not restart ICE", got="If-Match: *", fix="open a new session"
        )
    if wanted != f'"{tag}"':
        return Response(status_code=412)
    await connection.trickle(await _typed(request, FRAGMENT))
    return Response(status_code=204)


async def _typed(request: Request, kind: str) -> str:
    """Read a body that says what it is."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said != kind:
        got = repr(said)[:80] if said else "no Content-Type"
        raise WrongType("a body of another type", got=got, expected=kind)
    return await body_text(request)
