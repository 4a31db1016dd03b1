import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aioice.ice
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from stream_engine.service_config import IceConfig, LimitsConfig, RecordingConfig
from tests.fakes.caller import Caller, Tone
from tests.fakes.live_server import LiveServer, live_server
from tests.fakes.recording import replayed
from tests.fakes.stages import FakeStages

pytestmark = pytest.mark.net

SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda *_, **__: ["127.0.0.1"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server for all tests of this file."""
    secret = tmp_path_factory.mktemp("ice") / "secret"
    secret.write_text("swordfish\n")
    urls = ("stun:192.0.2.1:3478", "turn:192.0.2.1:3478?transport=tcp")
    ice = IceConfig(urls, "maya", str(secret))
    with live_server(ice=ice) as running:
        yield running


class Player(Caller):
    """A WHIP or WHEP client: speaks or watches, and opens no data channel."""

    def __init__(self, speaks: bool) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        if speaks:
            self.pc.addTransceiver(Tone(), direction="sendonly")
        else:
            self.pc.addTransceiver("audio", direction="recvonly")
            self.pc.addTransceiver("video", direction="recvonly")
        self.pictures, self.streams, self.sizes = 0, {}, set()
        self.events: list[dict[str, Any]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.pc.on("track", self._on_track)

    async def open(self, server: LiveServer, path: str, trickle: bool = False) -> str:
        """Post an offer, without candidates if these are to trickle; gives the Location."""
        sdp = (await self.offer()).sdp
        if trickle:
            kept = (line for line in sdp.splitlines() if "candidate" not in line)
            sdp = "\r\n".join(kept) + "\r\n"
        reply = await asyncio.to_thread(server.ask, path, "POST", sdp.encode(), SDP)
        assert reply.status == 201, reply.body
        assert reply.headers["Content-Type"] == "application/sdp"
        answer = RTCSessionDescription(reply.body, "answer")
        await self.pc.setRemoteDescription(answer)
        location: str = reply.headers["Location"]
        return location.removeprefix("/")


@contextlib.asynccontextmanager
async def player(speaks: bool) -> AsyncIterator[Player]:
    """A client, closed in the end."""
    made = Player(speaks)
    try:
        yield made
    finally:
        await made.close()


async def sessions(server: LiveServer) -> int:
    """How many are open."""
    return int((await asyncio.to_thread(server.ask, "healthz")).json["sessions"])


async def ends(server: LiveServer, path: str) -> int:
    """Delete; gives the status."""
    return (await asyncio.to_thread(server.ask, path, "DELETE")).status


@pytest.mark.slow
def test_one_speaks_by_whip_and_two_watch_by_whep(server: LiveServer) -> None:
    """Both see the same session; it is over for both when the speaker ends it."""

    async def play() -> None:
        async with player(True) as speaker, player(False) as one, player(False) as two:
            host = await speaker.open(server, "whip?profile=ultra")
            assert host.startswith("whip/")
            session = host.removeprefix("whip/")
            seen = [await viewer.open(server, f"whep/{session}") for viewer in (one, two)]
            assert seen[0] != seen[1]
            await one.until(lambda: one.pictures > 10 and two.pictures > 10)
            assert await sessions(server) == 1
            assert await ends(server, seen[0]) == 200
            await one.until(lambda: one.pc.connectionState == "closed")
            assert two.pc.connectionState == "connected"
            assert await sessions(server) == 1
            assert await ends(server, host) == await ends(server, host) == 200
            await two.until(lambda: two.pc.connectionState == "closed")
            assert await sessions(server) == 0

    asyncio.run(play())


@pytest.mark.slow
def test_candidates_may_come_after_the_offer(server: LiveServer) -> None:
    """A viewer without a session opens one; of another ICE session nothing is taken."""

    async def play() -> None:
        async with player(False) as viewer:
            location = await viewer.open(server, "whep", trickle=True)
            sdp = viewer.pc.localDescription.sdp.splitlines()
            lines = [line for line in sdp if line.startswith(("a=candidate", "a=ice-ufrag"))]
            good = "\r\n".join([*lines, "a=end-of-candidates"]).encode()
            patch = "PATCH"
            for body, headers, status in (
                (b"a=ice-ufrag:ours\r\n", FRAGMENT, 400),
                (b"a=candidate:rubbish\r\n", FRAGMENT, 400),
                (good, SDP, 415),
                (good, {**FRAGMENT, "If-Match": '"old"'}, 412),
                (good, {**FRAGMENT, "If-Match": "*"}, 400),
                (good, FRAGMENT, 204),
            ):
                reply = await asyncio.to_thread(server.ask, location, patch, body, headers)
                assert reply.status == status, (body, reply.body)
            await viewer.until(lambda: viewer.pictures > 3)
            assert await ends(server, location) == 200
            assert await sessions(server) == 0

    asyncio.run(play())


@pytest.mark.slow
@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_each_viewer_has_the_video_it_wishes(server: LiveServer, codec: str) -> None:
    """Codec, size and frame rate; the session is the same."""

    async def play() -> None:
        async with player(False) as viewer, player(False) as other:
            location = await viewer.open(server, f"whep?codec={codec}&height=128&fps=10&kbps=200")
            await other.open(server, location)
            await viewer.until(lambda: viewer.pictures > 8 and other.pictures > 8)
            assert f"{codec}/90000" in viewer.pc.remoteDescription.sdp.lower()
            assert viewer.sizes == {(128, 128)}
            assert other.sizes == {(512, 512)}
            assert viewer.pictures < 0.6 * other.pictures
            assert await ends(server, location) == 200

    asyncio.run(play())


@pytest.mark.parametrize(
    ("path", "body", "kind", "status"),
    [
        ("whip", b"v=0", SDP, 400),
        ("whip", b"{}", {"Content-Type": "application/json"}, 415),
        ("whip?profile=hasty", b"v=0", SDP, 400),
        ("whep?avatar=nobody", b"v=0", SDP, 404),
        ("whep/nobody", b"v=0", SDP, 404),
        ("whep?fps=fast", b"v=0", SDP, 400),
    ],
)
def test_a_bad_request_is_refused_and_leaves_nothing(
    server: LiveServer, path: str, body: bytes, kind: dict[str, str], status: int
) -> None:
    """A typed error as JSON."""
    reply = server.ask(path, "POST", body, kind)
    assert reply.status == status
    assert set(reply.json["error"]) == {"type", "message", "got", "expected", "fix"}
    assert server.ask("healthz").json["sessions"] == 0


def test_nobody_watches_or_patches_what_is_not_there(server: LiveServer) -> None:
    """What is gone may be ended once more, and nothing else."""
    assert server.ask("whip/nobody", "PATCH", b"a=x", FRAGMENT).status == 404
    assert server.ask("whep/nobody/none", "DELETE").status == 200


def test_clients_are_told_the_ice_servers(server: LiveServer) -> None:
    """STUN without, TURN with credentials."""
    (stun, turn) = server.ask("api/ice").json["iceServers"]
    assert stun == {"urls": "stun:192.0.2.1:3478"}
    assert turn == {"urls": turn["urls"], "username": "maya", "credential": "swordfish"}


def test_too_many_viewers_are_turned_away() -> None:
    """The limit is of the session."""
    with live_server(limits=LimitsConfig(viewers_per_session=0)) as server:

        async def play() -> None:
            async with player(True) as speaker, player(False) as viewer:
                session = (await speaker.open(server, "whip")).removeprefix("whip/")
                sdp = (await viewer.offer()).sdp.encode()
                path = f"whep/{session}"
                reply = await asyncio.to_thread(server.ask, path, "POST", sdp, SDP)
                assert reply.status == 503
                assert json.loads(reply.body)["error"]["type"] == "CapacityError"

        asyncio.run(play())


@pytest.mark.slow
def test_a_call_that_asks_for_it_is_recorded_and_replays_to_the_bit(tmp_path: Path) -> None:
    """Opus, packets, another clock: the model heard what the file says. Who did not ask is not."""
    recording = RecordingConfig(str(tmp_path), keep_free_mb=0)
    with live_server(recording=recording) as server:

        async def play() -> None:
            async with player(True) as quiet, player(True) as asked, player(False) as viewer:
                await quiet.open(server, "whip?profile=ultra")
                host = await asked.open(server, "whip?profile=ultra&record=true")
                await viewer.open(server, f"whep/{host.removeprefix('whip/')}")
                await viewer.until(lambda: viewer.pictures > 10)
                assert await ends(server, host) == 200

        asyncio.run(play())
    (path,) = tmp_path.iterdir()
    verdict = replayed(path.read_bytes(), FakeStages().motion_slots("ultra", 1)).verdict
    assert (verdict.bit_exact, verdict.whole) == (True, True)
    assert verdict.frames > 10


def test_a_call_is_not_opened_where_it_asks_for_a_recording_that_there_is_not(
    server: LiveServer,
) -> None:
    """It is told what to do, not silently left unrecorded."""
    reply = server.ask("whip?record=true", "POST", b"v=0", SDP)
    assert reply.status == 403
    assert "records nothing" in reply.body
    reply = server.ask("whip?record=perhaps", "POST", b"v=0", SDP)
    assert reply.status == 400
