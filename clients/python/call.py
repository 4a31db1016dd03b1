"""A call to a server over WebRTC, without a browser: a voice up, decoded pictures down."""

import asyncio
import fractions
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import av
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from numpy.typing import NDArray

from clients.python.faults import Unreachable, error_of
from clients.python.mailbox import Mailbox
from clients.python.stream import Pcm
from stream_engine.errors import PeerClosed, SignalingError, StreamEngineError, TransportError
from stream_engine.wire import (
    Answer,
    Failure,
    Heartbeat,
    Offer,
    View,
    decode_as,
    decode_event,
    encode,
)

CONNECT_S = 20.0
HEARTBEAT_S = 2.0
PACKET_S = 0.02
Picture = NDArray[np.uint8]


class RecordedVoice(MediaStreamTrack):  # type: ignore[misc]  # aiortc is untyped
    """A recording at the speed of speech, and silence after it.

    Args:
        speech: The recording.
    """

    kind = "audio"

    def __init__(self, speech: Pcm) -> None:
        super().__init__()
        self._rate_hz = speech.rate_hz
        self._pcm = np.frombuffer(speech.data, "<i2")
        self._size = int(speech.rate_hz * PACKET_S)
        self._given = 0
        self._began_s = 0.0

    async def recv(self) -> av.AudioFrame:
        """Give the next packet when it has been said."""
        if self.readyState != "live":
            raise MediaStreamError
        now = asyncio.get_running_loop().time()
        self._began_s = self._began_s or now
        await asyncio.sleep(max(0.0, self._began_s + self._given * PACKET_S - now))
        at = self._given * self._size
        packet = np.zeros(self._size, np.int16)
        there = self._pcm[at : at + self._size]
        packet[: len(there)] = there
        frame = av.AudioFrame.from_ndarray(packet[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = self._rate_hz, at
        frame.time_base = fractions.Fraction(1, self._rate_hz)
        self._given += 1
        return frame


class Call:
    """An open call; `calling` makes it.

    *State*: the newest picture; older ones give way. *Thread*: the loop.

    Args:
        seen: Pictures are wanted; otherwise the server draws none, as for who draws them itself.

    Attributes:
        session: Its name, for a bot that speaks through it (``Options.session``).
    """

    def __init__(self, seen: bool = True) -> None:
        self.session = ""
        self._seen = seen
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._pictures: Mailbox[Picture] = Mailbox(1)
        self._connected = asyncio.Event()
        self._opened = asyncio.Event()
        self._channel = self._pc.createDataChannel("events")
        self._channel.on("open", self._opened.set)
        self._tasks: list[asyncio.Task[None]] = []
        self._pc.on("track", self._on_track)
        self._pc.on("connectionstatechange", self._on_state)

    async def open(self, url: str, voice: Any, token: str, profile: str | None) -> None:
        """Call; see `calling`."""
        self._pc.addTransceiver(voice or "audio")
        self._pc.addTransceiver("video", direction="recvonly")
        await self._pc.setLocalDescription(await self._pc.createOffer())
        offer = Offer(self._pc.localDescription.sdp, "offer", profile)
        answer = await asyncio.to_thread(_post, f"{url.rstrip('/')}/api/offer", offer, token)
        self.session = answer.session
        await self._pc.setRemoteDescription(RTCSessionDescription(answer.sdp, answer.type))
        try:
            await asyncio.wait_for(self._connected.wait(), CONNECT_S)
        except TimeoutError as error:
            raise TransportError(
                "no media connection",
                got=f"nothing for {CONNECT_S:g} s",
                fix="see that UDP passes between here and the server",
            ) from error
        self._tasks.append(asyncio.create_task(self._live()))

    def pictures(self) -> AsyncIterator[Picture]:
        """Pictures as they come, uint8 [H, W, 3]; PeerClosed when the call is lost."""
        return self._pictures.read()

    async def close(self) -> None:
        """Hang up."""
        self._pictures.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._pc.close()

    def _on_state(self) -> None:
        state = self._pc.connectionState
        if state == "connected":
            self._connected.set()
        elif state in ("failed", "closed", "disconnected"):
            self._pictures.close(PeerClosed("the call was lost", got=state))

    def _on_track(self, track: Any) -> None:
        self._tasks.append(asyncio.create_task(self._take(track)))

    async def _take(self, track: Any) -> None:
        with suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if track.kind == "video":
                    self._pictures.put(frame.to_ndarray(format="rgb24"))
        self._pictures.close(PeerClosed("the server ended the call"))

    async def _live(self) -> None:
        if not self._seen:
            await self._opened.wait()
            self._channel.send(encode(View(False)))
        while True:
            if self._channel.readyState == "open":
                self._channel.send(encode(Heartbeat()))
            await asyncio.sleep(HEARTBEAT_S)


@asynccontextmanager
async def calling(
    url: str,
    voice: Any = None,
    token: str = "",
    profile: str | None = None,
    seen: bool = True,
) -> AsyncIterator[Call]:
    """Call a server for as long as the block lasts.

    Args:
        url: Of its page, ``http://host:port/``.
        voice: An aiortc audio track, such as `RecordedVoice` or that of a ``MediaPlayer``; without
            one the face waits for a bot.
        token: Key or token, where the server wants one.
        profile: Latency profile; the server's own by default.
        seen: Pictures are wanted; otherwise the server draws and sends none.

    Yields:
        The call.

    Raises:
        StreamEngineError: If it cannot be had: what the server refuses in its own words.
    """
    call = Call(seen)
    try:
        await call.open(url, voice, token, profile)
        yield call
    finally:
        await call.close()


def _post(url: str, offer: Offer, token: str) -> Answer:
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, encode(offer).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=CONNECT_S) as reply:
            return decode_as(Answer, reply.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(error.code, error.read().decode("utf-8", "replace")) from error
    except (OSError, json.JSONDecodeError) as error:
        raise Unreachable("no server", got=f"{url}: {error}", fix="start one") from error


def _refusal(status: int, body: str) -> StreamEngineError:
    with suppress(SignalingError):
        said = decode_event(body)
        if isinstance(said, Failure):
            return error_of(said.error)
    return TransportError("the server refused", got=f"HTTP {status}")
