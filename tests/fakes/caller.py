"""A browser without a page: aiortc on the other side."""

import asyncio
import contextlib
import dataclasses
import fractions
import json
import urllib.request
from typing import Any

import av
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from stream_engine.transport.peer import CHANNEL, Peer
from stream_engine.wire import Answer, Offer

RATE = 48_000


class Tone(MediaStreamTrack):  # type: ignore[misc]
    """A microphone that hears 440 Hz."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._pts = 0
        self._start = 0.0

    async def recv(self) -> av.AudioFrame:
        if self.readyState != "live":
            raise MediaStreamError
        now = asyncio.get_running_loop().time()
        self._start = self._start or now
        await asyncio.sleep(self._start + self._pts / RATE - now)
        t = (self._pts + np.arange(960)) / RATE
        pcm = (0.3 * 32767 * np.sin(2 * np.pi * 440 * t)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, self._pts
        frame.time_base = fractions.Fraction(1, RATE)
        self._pts += 960
        return frame


class Caller:
    """A browser without a page: aiortc on the other side."""

    def __init__(self) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.pc.addTrack(Tone())
        self.pc.addTransceiver("video", direction="recvonly")
        self.channel = self.pc.createDataChannel(CHANNEL)
        self.events: list[dict[str, Any]] = []
        self.pictures = 0
        self.sizes: set[tuple[int, int]] = set()
        self.streams: dict[str, Any] = {}
        self.channel.on("message", lambda text: self.events.append(json.loads(text)))
        self.pc.on("track", self._on_track)
        self._tasks: list[asyncio.Task[None]] = []

    def _on_track(self, track: Any) -> None:
        self._tasks.append(asyncio.create_task(self._take(track)))

    async def _take(self, track: Any) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if track.kind == "video":
                    self.pictures += 1
                    self.sizes.add((frame.width, frame.height))

    async def offer(self) -> Offer:
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return Offer(self.pc.localDescription.sdp, "offer")

    async def call(self, peer: Peer) -> None:
        await self.accept(await peer.answer(await self.offer()))

    async def accept(self, answer: Answer) -> None:
        """Take an answer."""
        await self.pc.setRemoteDescription(RTCSessionDescription(answer.sdp, answer.type))

    async def dial(self, url: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """Call a server, by its URL; gives the answer."""
        body = json.dumps(dataclasses.asdict(await self.offer())).encode()
        to = url + "api/offer"
        request = urllib.request.Request(to, data=body, headers=headers or {}, method="POST")

        def post() -> dict[str, Any]:
            with urllib.request.urlopen(request, timeout=20) as reply:
                answer: dict[str, Any] = json.load(reply)
            return answer

        answer = await asyncio.to_thread(post)
        await self.pc.setRemoteDescription(RTCSessionDescription(answer["sdp"], answer["type"]))
        return answer

    async def until(self, condition: Any, seconds: float = 10.0) -> None:
        for _ in range(int(seconds * 50)):
            if condition():
                return
            await asyncio.sleep(0.02)
        raise AssertionError("it did not happen in time")

    async def close(self) -> None:
        await self.pc.close()
        for task in self._tasks:
            task.cancel()
