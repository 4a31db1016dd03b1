"""As much of a LiveKit server as two of its SDK's participants need, on aiortc.

Signalling over a WebSocket, a peer connection each way, data packets passed on, tracks received and
decoded and not passed on. One room; a token is an identity, with `` as agent`` behind it for an
agent. What it does not do: loss, reconnection, single peer connections, permissions.
"""

import asyncio
import itertools
import json
import urllib.parse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from aiortc.sdp import candidate_from_sdp
from livekit.protocol import models, rtc
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

VERSION = "1.9.0"
SUBSCRIBER = 1
ACTIVE = models.ParticipantInfo.State.ACTIVE
DISCONNECTED = models.ParticipantInfo.State.DISCONNECTED


@dataclass
class Heard:
    """What arrived of somebody's tracks.

    Attributes:
        sound: When each piece came, seconds of the loop, and its samples, int16.
        pictures: When each came, seconds of the loop, and its mean brightness.
    """

    sound: list[tuple[float, np.ndarray]] = field(default_factory=list)
    pictures: list[tuple[float, float]] = field(default_factory=list)

    def loud(self, least: int) -> list[float]:
        """When it was at least so loud."""
        return [at for at, piece in self.sound if np.abs(piece.astype(int)).max() >= least]


class Member:
    """One participant: its socket, its two connections."""

    def __init__(self, server: "LiveKitServer", socket: ServerConnection) -> None:
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(socket.request.path).query)
        headers = socket.request.headers
        token = query.get("access_token", [headers.get("Authorization", "").split(" ", 1)[-1]])[0]
        identity, _, agent = token.partition(" as ")
        kinds = models.ParticipantInfo.Kind
        self.info = models.ParticipantInfo(
            sid=f"PA_{next(server.numbers)}",  # of its own: packets are counted by it
            identity=identity,
            state=ACTIVE,
            kind=kinds.AGENT if agent else kinds.STANDARD,
            permission=models.ParticipantPermission(
                can_publish=True,
                can_subscribe=True,
                can_publish_data=True,
                can_update_metadata=True,
            ),
        )
        self.heard = Heard()
        self._server, self._socket = server, socket
        self._tasks: list[asyncio.Task[None]] = []
        self._coming = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._going = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._coming.on("datachannel", self._on_channel)
        self._coming.on("track", self._on_track)
        self._channels = {name: self._going.createDataChannel(name)
                          for name in ("_reliable", "_lossy")}  # fmt: skip

    async def send(self, **message: Any) -> None:
        """Send a signal."""
        with suppress(ConnectionClosed):
            await self._socket.send(rtc.SignalResponse(**message).SerializeToString())

    async def join(self, others: list[models.ParticipantInfo]) -> None:
        """Let it in, and offer it the way back."""
        await self.send(
            join=rtc.JoinResponse(
                room=models.Room(sid="RM_1", name="demo"),
                participant=self.info,
                other_participants=others,
                server_version=VERSION,
                server_info=models.ServerInfo(version=VERSION, protocol=16),
                ping_timeout=60,
                ping_interval=30,
            )
        )
        await self._going.setLocalDescription(await self._going.createOffer())
        sdp = self._going.localDescription.sdp
        await self.send(offer=rtc.SessionDescription(type="offer", sdp=sdp, id=1))

    async def serve(self) -> None:
        """Answer signals until it leaves."""
        with suppress(ConnectionClosed):
            async for data in self._socket:
                request = rtc.SignalRequest()
                request.ParseFromString(data)
                kind = request.WhichOneof("message")
                if kind == "leave":
                    return
                handler = getattr(self, f"_take_{kind}", None)
                if handler is not None:
                    await handler(getattr(request, kind))

    async def close(self) -> None:
        """Let go of everything."""
        for task in self._tasks:
            task.cancel()
        await self._coming.close()
        await self._going.close()
        await self._socket.close()

    def pass_on(self, packet: models.DataPacket, channel: str) -> None:
        """Send it a data packet of somebody else."""
        self._channels[channel].send(packet.SerializeToString())

    async def _take_offer(self, offer: rtc.SessionDescription) -> None:
        await self._coming.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        await self._coming.setLocalDescription(await self._coming.createAnswer())
        sdp = self._coming.localDescription.sdp
        await self.send(answer=rtc.SessionDescription(type="answer", sdp=sdp, id=offer.id))

    async def _take_answer(self, answer: rtc.SessionDescription) -> None:
        await self._going.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))

    async def _take_trickle(self, trickle: rtc.TrickleRequest) -> None:
        said = json.loads(trickle.candidateInit)
        if said["candidate"]:
            candidate = candidate_from_sdp(said["candidate"].split(":", 1)[1])
            candidate.sdpMid, candidate.sdpMLineIndex = said["sdpMid"], said["sdpMLineIndex"]
            way = self._going if trickle.target == SUBSCRIBER else self._coming
            await way.addIceCandidate(candidate)

    async def _take_add_track(self, wish: rtc.AddTrackRequest) -> None:
        track = models.TrackInfo(
            sid=f"TR_{next(self._server.numbers)}",
            type=wish.type,
            name=wish.name,
            source=wish.source,
            width=wish.width,
            height=wish.height,
        )
        self.info.tracks.append(track)
        published = rtc.TrackPublishedResponse(cid=wish.cid, track=track)
        await self.send(track_published=published)
        await self._server.tell(self.info)

    async def _take_update_metadata(self, wish: rtc.UpdateParticipantMetadata) -> None:
        self.info.attributes.update(wish.attributes)
        await self._server.tell(self.info)
        await self.send(request_response=rtc.RequestResponse(request_id=wish.request_id))

    def _on_channel(self, channel: Any) -> None:
        channel.on("message", lambda data: self._server.route(self, data, channel.label))

    def _on_track(self, track: Any) -> None:
        self._tasks.append(asyncio.create_task(self._consume(track)))

    async def _consume(self, track: Any) -> None:
        with suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                now = asyncio.get_running_loop().time()
                if track.kind == "audio":
                    self.heard.sound.append((now, frame.to_ndarray().reshape(-1)))
                else:
                    bright = float(frame.to_ndarray(format="gray").mean())
                    self.heard.pictures.append((now, bright))


class LiveKitServer:
    """One room.

    Attributes:
        members: By identity.
        url: Where it is.
        mute: Nobody is told who comes and goes.
    """

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.numbers = itertools.count(1)
        self.url = ""
        self.mute = False

    def published(self, identity: str, tracks: int) -> bool:
        """Whether somebody is here with so many tracks."""
        return identity in self.members and len(self.members[identity].info.tracks) >= tracks

    async def tell(self, info: models.ParticipantInfo) -> None:
        """Tell everybody how a participant is now."""
        if self.mute:
            return
        for member in tuple(self.members.values()):
            await member.send(update=rtc.ParticipantUpdate(participants=[info]))

    def route(self, sender: Member, data: bytes, channel: str) -> None:
        """Pass a data packet on to those it is for."""
        packet = models.DataPacket()
        packet.ParseFromString(data)
        packet.participant_identity, packet.participant_sid = sender.info.identity, sender.info.sid
        wanted = set(packet.destination_identities) or set(self.members)
        for identity in wanted - {sender.info.identity}:
            if identity in self.members:
                self.members[identity].pass_on(packet, channel)

    async def remove(self, identity: str) -> None:
        """Take somebody out of the room, as the API's RemoveParticipant does."""
        reason = models.DisconnectReason.PARTICIPANT_REMOVED
        action = rtc.LeaveRequest.Action.DISCONNECT
        await self.members[identity].send(leave=rtc.LeaveRequest(reason=reason, action=action))

    async def restart(self, identity: str) -> None:
        """Have somebody connect anew, and wait until they have."""
        before = self.members[identity]
        reason = models.DisconnectReason.STATE_MISMATCH
        action = rtc.LeaveRequest.Action.RECONNECT
        tracks = len(before.info.tracks)
        await before.send(leave=rtc.LeaveRequest(reason=reason, action=action))
        while (  # noqa: ASYNC110
            self.members.get(identity) in (None, before) or not self.published(identity, tracks)
        ):
            await asyncio.sleep(0.01)

    async def _serve(self, socket: ServerConnection) -> None:
        member = Member(self, socket)
        others = [other.info for other in self.members.values()]
        self.members[member.info.identity] = member
        await member.join(others)
        await self.tell(member.info)
        try:
            await member.serve()
        finally:
            self.members.pop(member.info.identity)
            member.info.state = DISCONNECTED
            await self.tell(member.info)
            await member.close()

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator["LiveKitServer"]:
        """Serve on a free port of loopback until the block ends."""
        server = cls()

        def refuse(socket: ServerConnection, request: Request) -> Response | None:
            """Older servers know no single peer connection; the SDK then does without."""
            return socket.respond(404, "") if request.path.startswith("/rtc/v1") else None

        async with serve(
            server._serve, "127.0.0.1", 0, max_size=None, process_request=refuse
        ) as listener:
            port = next(iter(listener.sockets)).getsockname()[1]
            server.url = f"ws://127.0.0.1:{port}"
            yield server
