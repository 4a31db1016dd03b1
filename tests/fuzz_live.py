"""Nonsense into a server that runs: its sockets, its doors for WebRTC, a call's own packets.

Beside every call that is given nonsense there is one that is not: it must go on as if nothing were.
In the end the server must answer, and hold no session, task or thread more than before.
"""

import asyncio
import contextlib
import itertools
import json
import logging
import random
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from stream_engine.config import ServerConfig
from stream_engine.service_config import LimitsConfig
from stream_engine.transport.bad_packets import MALFORMED
from stream_engine.transport.caller import only_loopback
from tests.fakes.caller import Caller
from tests.fakes.live_server import LiveServer, live_server
from tests.fuzz import (
    EVENTS,
    REALTIME,
    RTCP,
    RTP,
    SDP,
    Found,
    mutated,
    mutated_json,
    mutated_lines,
)

SHARES = {
    "messages of one `/v1/realtime`": 0.03,
    "messages of `/v1/speech`": 0.002,
    "bodies of `/api/offer` and `/whip`": 0.004,
    "RTP, RTCP and SCTP of a call": 0.05,
    "datagrams to a call's port": 0.01,
    "messages of a call's data channel": 0.01,
}
"""Of the inputs: one costs milliseconds here."""

FREE = LimitsConfig(requests_per_s=1e4, request_burst=10_000, messages_per_s=1e6, audio_speed=1e4)
"""Nobody is held up: that would only cost time."""


class Errors(logging.Handler):
    """Keeps what the server logs as an error: nothing that comes from outside may be one."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        if "RTCPeerConnection.close()" in record.getMessage():
            return  # aiortc's own, which waits for a part that has failed: thrown away in the end
        cause = record.exc_info[1] if record.exc_info else None
        self.found.append(f"{record.getMessage()[:200]} {cause!r}")

    def move_to(self, found: Found) -> None:
        """Count them as crashes."""
        found.crashes.update(text[:200] for text in self.found)
        self.found.clear()


@contextmanager
def watched() -> Iterator[tuple[LiveServer, Errors]]:
    """A server, and what it logs; afterwards nothing is left of what was opened."""
    errors = Errors()
    config = ServerConfig(port=0, max_sessions=20, heartbeat_timeout_s=5.0)
    logging.getLogger().addHandler(errors)
    try:
        with only_loopback(), live_server(config=config, limits=FREE) as server:
            before = _held(server)
            yield server, errors
            for _ in range(100):
                if _held(server) <= before and server.house.sessions == 0:
                    break
                time.sleep(0.1)
            assert server.ask("healthz").json["sessions"] == 0, "a session is left"
            assert _held(server) <= before, f"tasks are left: {_held(server)} after {before}"
    finally:
        logging.getLogger().removeHandler(errors)


def _loop(server: LiveServer) -> asyncio.AbstractEventLoop:
    loop = server.server._loop
    assert loop is not None
    return loop


def _on_loop(server: LiveServer, work: Any) -> Any:
    return asyncio.run_coroutine_threadsafe(work, _loop(server)).result(30.0)


def _held(server: LiveServer) -> int:
    async def count() -> int:
        return len(asyncio.all_tasks())

    found: int = _on_loop(server, count())
    return found


def realtime(server: LiveServer, inputs: int, source: random.Random) -> Found:
    """One socket is sent everything, and answers a question in the end."""
    found = Found()
    url = server.speech_url.replace("speech", "realtime")
    with connect(url, max_size=None) as line:
        got: list[str] = []
        wanted = threading.Event()

        def read() -> None:
            with contextlib.suppress(ConnectionClosed):
                for message in line:
                    if isinstance(message, str) and "session.updated" in message:
                        got.append(message)
                        if '"style":1.25' in message:
                            wanted.set()
                    found.refused += isinstance(message, str) and '"type":"error"' in message

        reader = threading.Thread(target=read)
        reader.start()
        for _ in range(inputs):
            if source.random() < 0.5:
                line.send(source.randbytes(source.randrange(400)))
            else:
                line.send(mutated_json(source.choice(EVENTS[:REALTIME]), source))
        line.send('{"type":"session.update","session":{"style":1.25}}')
        if not wanted.wait(30.0):
            found.crashes["no answer in the end"] += 1
    reader.join(10.0)
    found.taken = inputs - found.refused
    return found


def speech(server: LiveServer, inputs: int, source: random.Random) -> Found:
    """A refusal ends this door's session, so many are opened."""
    found = Found()
    while found.taken + found.refused < inputs:
        with connect(server.speech_url) as line, contextlib.suppress(ConnectionClosed):
            for _ in range(5):
                binary = source.random() < 0.5
                text = mutated_json(source.choice(EVENTS[REALTIME:]), source)
                line.send(source.randbytes(2 * source.randrange(400)) if binary else text)
                found.taken += 1
            line.send(b"odd")
            while True:
                if '"error"' in str(line.recv(5.0)):
                    found.refused += 1
    return found


def offers(server: LiveServer, inputs: int, source: random.Random) -> Found:
    """What is answered is a session: it is ended."""
    found = Found()
    for _ in range(inputs):
        sdp = mutated_lines(SDP, source)
        if source.random() < 0.3:
            reply = server.ask("whip", "POST", sdp.encode(), {"Content-Type": "application/sdp"})
            to_end = reply.headers.get("Location", "").lstrip("/")
        else:
            body = json.dumps({"sdp": sdp, "type": "offer"})
            body = mutated_json(body, source) if source.random() < 0.2 else body
            reply = server.ask("api/offer", "POST", body.encode())
            to_end = f"api/session/{reply.json['session']}" if reply.status == 200 else ""
        found.taken += reply.status < 300
        found.refused += 400 <= reply.status < 500
        if reply.status >= 500:
            found.crashes[f"{reply.status}: {reply.body[:80]}"] += 1
        if to_end:
            server.ask(to_end, "DELETE")
    return found


async def _dialled(server: LiveServer, caller: Caller) -> Any:
    """Call when there is room: a machine with much else to do may be strained for a moment."""
    await caller.until(lambda: not server.house.refusal, 30.0)
    return await caller.dial(server.url)


async def call_beside(
    server: LiveServer, found: Found, hurt: Callable[[Caller, str, Any], Any]
) -> None:
    """Call twice, hurt the first, see that both go on and the second misses nothing."""
    victim, bystander = Caller(), Caller()
    try:
        answer = await _dialled(server, victim)
        await _dialled(server, bystander)
        for caller in (victim, bystander):
            await caller.until(lambda caller=caller: caller.pictures > 5, 20.0)
        peers = server.server._app.state.front.peers.hosts
        await hurt(victim, answer["sdp"], peers[answer["session"]])
        for caller in (victim, bystander):
            seen = caller.pictures
            try:
                await caller.until(lambda caller=caller, seen=seen: caller.pictures > seen + 10)
            except AssertionError:
                found.crashes[f"{'victim' if caller is victim else 'bystander'} is blind"] += 1
        starts = [it for it in bystander.events if it["type"] == "motion"]
        for one, other in itertools.pairwise(starts):
            if other["start"] != one["start"] + len(one["coefficients"]):
                found.crashes["the bystander's motion has a hole"] += 1
    finally:
        await victim.close()
        await bystander.close()


def packets(server: LiveServer, inputs: int, source: random.Random) -> Found:
    """What a peer can send that has the keys: not even its own call ends."""
    found = Found()

    async def inject(peer: Any) -> None:
        receiver = peer.connection._pc.getTransceivers()[0].receiver
        kind = next(iter(receiver._RTCRtpReceiver__codecs))
        whole = bytes([RTP[0], kind]) + RTP[2:]
        for number in range(inputs * 4 // 5):
            data = mutated(
                whole if (is_rtp := source.random() < 0.6) else source.choice(RTCP), source
            )
            try:
                if is_rtp:
                    await receiver.transport._handle_rtp_data(data, arrival_time_ms=0)
                else:
                    await receiver.transport._handle_rtcp_data(data)
                found.taken += 1
            except MALFORMED:  # as `drop_malformed` does, one call further out
                found.refused += 1
            if number % 50 == 0:
                await asyncio.sleep(0)

    async def hurt(victim: Caller, sdp: str, peer: Any) -> None:
        await asyncio.to_thread(_on_loop, server, inject(peer))
        for number in range(inputs // 5):
            await victim.pc.sctp.transport._send_data(source.randbytes(source.randrange(1, 60)))
            found.taken += 1
            if number % 20 == 0:
                await asyncio.sleep(0.01)

    asyncio.run(call_beside(server, found, hurt))
    return found


def datagrams(server: LiveServer, inputs: int, source: random.Random) -> Found:
    """What anybody can send who finds the port: the call itself must bear it."""
    found = Found()

    async def hurt(victim: Caller, sdp: str, peer: Any) -> None:
        ports = {int(port) for port in re.findall(r"a=candidate:\S+ 1 udp \d+ \S+ (\d+)", sdp)}
        stun = bytes.fromhex("000100142112a442") + bytes(12) + b"\x00\x24\x00\x04\x00\x00\x00\x01"
        dtls = bytes.fromhex("16fefd0000000000000000000c") + bytes(12)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            for number in range(inputs):
                data = mutated(source.choice((stun, dtls, RTP, RTCP[0])), source)
                for port in ports:
                    line.sendto(data if number % 20 else b"", ("127.0.0.1", port))
                found.taken += 1
                if number % 20 == 0:
                    await asyncio.sleep(0.005)

    asyncio.run(call_beside(server, found, hurt))
    return found


def events(server: LiveServer, inputs: int, source: random.Random) -> Found:
    """JSON and bytes over the data channel; what is said in the end is heard."""
    found = Found()

    async def hurt(victim: Caller, sdp: str, peer: Any) -> None:
        for number in range(inputs):
            text = mutated_json(source.choice(EVENTS[REALTIME:]), source)
            victim.channel.send(text.encode() if number % 10 == 0 else text)
            found.taken += 1
            if number % 20 == 0:
                await asyncio.sleep(0.01)
        victim.channel.send('{"type":"view","video":true}')
        victim.channel.send('{"type":"express","emotion":"sad","intensity":0.3,"style":1.0}')
        lane = peer.session.lane
        await victim.until(lambda: (lane.manner.emotion, lane.manner.intensity) == ("sad", 0.3), 90)

    asyncio.run(call_beside(server, found, hurt))
    return found


def running(inputs: int, seed: int) -> Iterator[tuple[str, Found]]:
    """Everything in turn, on one server."""
    works = (realtime, speech, offers, packets, datagrams, events)
    with watched() as (server, errors):
        for number, ((name, share), work) in enumerate(zip(SHARES.items(), works, strict=True)):
            began = time.perf_counter()
            found = work(server, max(5, round(inputs * share)), random.Random(seed + 100 + number))
            found.seconds = time.perf_counter() - began
            errors.move_to(found)
            yield name, found
