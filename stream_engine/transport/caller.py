"""The other end of a peer: recorded speech out, packets of face and voice in, in a process alone.

``python -m stream_engine.transport.caller URL --speech FILE --sessions N --seconds S`` calls a
server, talks in real time and prints what came back as one line of JSON. It decodes nothing: what
it costs is taken from the server it measures.
"""

import argparse
import asyncio
import dataclasses
import fractions
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aioice.ice
import av
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack

from stream_engine.audio.file_source import FileSource
from stream_engine.errors import StreamEngineError, TransportError
from stream_engine.transport.jitter_buffer import RECEIVER_ATTRIBUTE
from stream_engine.types import F32
from stream_engine.wire import Offer, encode

LOOPBACK = "127.0.0.1"
CONNECT_S = 20.0
"""Longest wait for a connection."""

_PACKETS_PER_SECOND = 50


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of the server.

    Attributes:
        url: Of its page.
        profile: Latency profile by name.
        seconds: How long all talk.
        sessions: How many talk.
    """

    url: str
    profile: str
    seconds: float
    sessions: int = 1


@dataclass(slots=True)
class Heard:
    """What came back.

    Attributes:
        began_s: When the last of the sessions was connected, ``time.monotonic``.
        ended_s: When all stopped talking.
        pictures: Whole pictures received in between.
        packets: Packets of any kind, from the beginning.
        octets: Bytes in them.
    """

    began_s: float = 0.0
    ended_s: float = 0.0
    pictures: int = 0
    packets: int = 0
    octets: int = 0


class Speech(MediaStreamTrack):  # type: ignore[misc]  # aiortc is untyped
    """Samples as an endless track, 20 ms at a time, at the speed of speech.

    Args:
        samples: float32 [N].
        rate_hz: Of them.
    """

    kind = "audio"

    def __init__(self, samples: F32, rate_hz: int) -> None:
        super().__init__()
        self._size = rate_hz // _PACKETS_PER_SECOND
        self._rate_hz = rate_hz
        whole = len(samples) // self._size * self._size
        self._pcm = (samples[:whole].clip(-1.0, 1.0) * 32767.0).astype(np.int16)
        self._given = 0
        self._began_s = 0.0

    async def recv(self) -> av.AudioFrame:
        """Give the next packet when it has been said."""
        now = time.monotonic()
        self._began_s = self._began_s or now
        due_s = self._began_s + self._given / _PACKETS_PER_SECOND
        await asyncio.sleep(max(0.0, due_s - now))
        at = self._given * self._size % len(self._pcm)
        frame = av.AudioFrame.from_ndarray(
            self._pcm[None, at : at + self._size], format="s16", layout="mono"
        )
        frame.sample_rate, frame.pts = self._rate_hz, self._given * self._size
        frame.time_base = fractions.Fraction(1, self._rate_hz)
        self._given += 1
        return frame


class CountingBuffer:
    """Stands where aiortc's jitter buffer is; counts packets and gives none to the decoder."""

    def __init__(self, heard: Heard, kind: str) -> None:
        self._heard = heard
        self._is_video = kind == "video"

    def add(self, packet: Any) -> tuple[bool, None]:
        """Take a packet."""
        self._heard.packets += 1
        self._heard.octets += len(packet.payload)
        if self._is_video and packet.marker and self._heard.began_s:
            self._heard.pictures += 1
        return False, None


@contextmanager
def only_loopback() -> Iterator[None]:
    """Let connections made in this process use the loopback interface and no other."""
    found = aioice.ice.get_host_addresses
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [LOOPBACK]
    try:
        yield
    finally:
        aioice.ice.get_host_addresses = found


async def talk(call: Call, samples: F32, rate_hz: int) -> Heard:
    """Call, talk, count.

    Args:
        call: What is asked.
        samples: What is said, float32 [N]; each session begins elsewhere in it.
        rate_hz: Of them, a multiple of 50.

    Returns:
        What came back.

    Raises:
        TransportError: If the server refuses or cannot be reached.
    """
    heard = Heard()
    open_now: list[RTCPeerConnection] = []
    try:
        for session in range(call.sessions):
            said = np.roll(samples, -session * len(samples) // call.sessions)
            open_now.append(RTCPeerConnection(RTCConfiguration(iceServers=[])))
            await asyncio.wait_for(
                _connect(open_now[-1], call, Speech(said, rate_hz), heard), CONNECT_S
            )
        heard.began_s = time.monotonic()
        await asyncio.sleep(call.seconds)
        heard.ended_s = time.monotonic()
    except TimeoutError as error:
        raise TransportError("no connection", got=f"nothing for {CONNECT_S:g} s") from error
    finally:
        await asyncio.gather(*(pc.close() for pc in open_now))
    return heard


async def _connect(pc: RTCPeerConnection, call: Call, speech: Speech, heard: Heard) -> None:
    connected = asyncio.Event()

    def look() -> None:
        if pc.connectionState == "connected":
            connected.set()

    pc.on("connectionstatechange", look)
    voice, face = pc.addTransceiver(speech), pc.addTransceiver("video", direction="recvonly")
    for transceiver in (voice, face):
        assert hasattr(transceiver.receiver, RECEIVER_ATTRIBUTE), "aiortc moved its jitter buffer"
        buffer = CountingBuffer(heard, transceiver.kind)
        setattr(transceiver.receiver, RECEIVER_ATTRIBUTE, buffer)
    pc.createDataChannel("events")
    await pc.setLocalDescription(await pc.createOffer())
    local = pc.localDescription
    offer = encode(Offer(local.sdp, local.type, call.profile))
    answer = await asyncio.to_thread(_post, f"{call.url}api/offer", offer)
    await pc.setRemoteDescription(RTCSessionDescription(answer["sdp"], answer["type"]))
    await connected.wait()


def _post(url: str, text: str) -> dict[str, Any]:
    request = urllib.request.Request(url, text.encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=CONNECT_S) as reply:
            answer: dict[str, Any] = json.load(reply)
            return answer
    except urllib.error.HTTPError as error:
        with error:
            raise TransportError("the server refuses", got=error.read().decode()[:300]) from error
    except OSError as error:
        raise TransportError("no server", got=f"{url}: {error}") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Call as the command line says; exit status 1 and a line of explanation if that fails."""
    parser = argparse.ArgumentParser(description="Call a server and count what comes back.")
    parser.add_argument("url", help="of the server's page")
    parser.add_argument("--speech", type=Path, required=True, help="what is said")
    parser.add_argument("--profile", default="balanced", help="latency profile")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long")
    parser.add_argument("--sessions", type=int, default=1, help="how many")
    given = parser.parse_args(arguments)
    try:
        with FileSource(given.speech) as file:
            samples = np.concatenate([chunk.samples for chunk in file.chunks()])
        call = Call(given.url, given.profile, given.seconds, given.sessions)
        with only_loopback():
            heard = asyncio.run(talk(call, samples, file.rate_hz))
    except StreamEngineError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(dataclasses.asdict(heard)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
