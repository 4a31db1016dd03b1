import asyncio
import gc
import json
import urllib.request
from collections.abc import Iterator

import pytest

from stream_engine.batching.health import IN_A_ROW, LOST_S
from stream_engine.config import EngineConfig, ServerConfig
from stream_engine.front import Front
from stream_engine.household import Household
from stream_engine.json_fields import MAX_TEXT
from stream_engine.protocols import MotionSlots
from tests.fakes.clock import ManualClock
from tests.fakes.live_server import LiveServer, live_server
from tests.fakes.stages import FakeStages

pytestmark = pytest.mark.net

SDP = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    """One server for all tests of this file."""
    with live_server() as running:
        yield running


def offer(**values: object) -> bytes:
    """The body of an offer."""
    return json.dumps({"sdp": SDP, "type": "offer", **values}).encode()


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"{", 400, "SignalingError"),
        (b"\xff\xfe", 400, "SignalingError"),
        (b"[]", 400, "SignalingError"),
        (b"{}", 400, "SignalingError"),
        (b'{"sdp":1,"type":"offer"}', 400, "SignalingError"),
        (b'{"sdp":"hello","type":"offer"}', 400, "SignalingError"),
        (offer(), 400, "SignalingError"),
        (offer(type="answer"), 400, "SignalingError"),
        (offer(profile="hasty"), 400, "ConfigError"),
        (offer(avatar="nobody"), 404, "AssetError"),
        (offer(outputs=["10.0.0.1:11111"]), 400, "ConfigError"),
        (offer(outputs="unreal"), 400, "SignalingError"),
        (offer(outputs=[1]), 400, "SignalingError"),
        (b"x" * (MAX_TEXT + 1), 413, "TooLarge"),
    ],
)
def test_a_bad_offer_is_refused_with_a_reason_and_the_server_stays_up(
    server: LiveServer, body: bytes, status: int, kind: str
) -> None:
    """A typed error as JSON; no session stays behind."""
    reply = server.ask("api/offer", "POST", body)
    assert reply.status == status
    error = reply.json["error"]
    assert error["type"] == kind
    assert set(error) == {"type", "message", "got", "expected", "fix"}
    assert server.ask("healthz").json == {"status": "ok", "sessions": 0, "max_sessions": 3}


def test_profiles_are_listed_with_their_latency(server: LiveServer) -> None:
    """Names, milliseconds, and the default."""
    answer = server.ask("api/profiles").json
    assert {row["name"]: row["latency_ms"] for row in answer["profiles"]} == {
        "ultra": 80,
        "balanced": 120,
        "quality": 320,
    }
    assert answer["default"] == "balanced"
    assert answer["manner"] == {"emotion": "neutral", "intensity": 0.7, "style": 1.0}
    assert answer["recording"] is None


def test_the_page_and_its_files_are_served(server: LiveServer) -> None:
    """Page, script, style; nothing outside the folder."""
    assert "<video" in server.ask("").body
    for name in ("app.js", "bot.js", "element.js", "link.js", "style.css", "icon.svg"):
        assert server.ask(name).status == 200
    assert server.ask("../pyproject.toml").status == 404
    assert server.ask("nothing").json["error"]["type"] == "NotFound"


def test_the_face_at_rest_is_there_before_anyone_talks(server: LiveServer) -> None:
    """A JPEG."""
    with urllib.request.urlopen(server.url + "assets/still.jpg", timeout=10) as answer:
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.read(3) == b"\xff\xd8\xff"


def test_metrics_are_prometheus_text(server: LiveServer) -> None:
    """Sessions, what runs the models, counters, histograms."""
    lines = server.ask("metrics").body.splitlines()
    assert "elocute_sessions 0" in lines
    assert 'elocute_engine_info{backend="fake"} 1' in lines
    assert "# TYPE elocute_engine_info gauge" in lines
    assert any(line.startswith("elocute_render_seconds_bucket{le=") for line in lines)


def test_ending_a_session_that_has_gone_is_no_error(server: LiveServer) -> None:
    """DELETE may come twice."""
    assert server.ask("api/session/none", "DELETE").status == 204


def test_a_session_is_ended_through_any_replica() -> None:
    """Passed on to the one that holds it, by the name it carries; nobody passes on twice."""
    with (
        live_server(config=ServerConfig(port=0, replica="b")) as held,
        live_server(config=ServerConfig(port=0, replica="a", sisters=held.address)) as other,
    ):
        assert other.ask("api/session/b~token", "DELETE").status == 204
        assert other.ask("api/session/a~token", "DELETE").status == 204
        reply = other.ask("api/session/c~token", "DELETE")
        assert (reply.status, reply.json["error"]["type"]) == (410, "ReplicaGone")


def test_a_session_whose_replica_is_gone_is_told_so() -> None:
    """410, and what to do; a name that is no host's is not looked for."""
    nobody = "127.0.0.1:9"
    with live_server(config=ServerConfig(port=0, replica="a", sisters=nobody)) as server:
        for name in ("b~token", "evil.example~token", "b~c~token"):
            reply = server.ask(f"api/session/{name}", "DELETE")
            assert (reply.status, reply.json["error"]["type"]) == (410, "ReplicaGone")
            assert reply.json["error"]["fix"] == "open a new session"


def test_a_full_server_says_so() -> None:
    """503 and what to do."""
    with (
        live_server(config=ServerConfig(port=0, max_sessions=1)) as server,
        server.house.guest("balanced"),
    ):
        reply = server.ask("api/offer", "POST", offer())
        assert reply.status == 503
        assert int(reply.headers["Retry-After"]) > 0
        assert reply.json["error"]["type"] == "CapacityError"
        assert reply.json["error"]["fix"]


def test_readiness_is_room_for_one_more() -> None:
    """200 while there is; 503 with the reason when full, and when going away; up all the time."""
    with live_server(config=ServerConfig(port=0, max_sessions=1)) as server:
        reply = server.ask("readyz")
        assert (reply.status, reply.json["reason"], reply.json["room"]) == (200, "", 1)
        with server.house.guest("balanced"):
            reply = server.ask("readyz")
            assert (reply.status, reply.json["ready"], reply.json["room"]) == (503, False, 0)
            assert reply.json["reason"] == "full"
        server.house.draining = True
        reply = server.ask("readyz")
        assert (reply.status, reply.json["reason"]) == (503, "draining")
        reply = server.ask("api/offer", "POST", offer())
        assert (reply.status, reply.json["error"]["type"]) == (503, "Draining")
        assert server.ask("healthz").status == 200


def test_a_server_whose_models_fail_says_so() -> None:
    """Not ready first; when trials have failed for long, not healthy either, for probes to act."""
    with live_server() as server:
        health = server.house.engine.engines[0].health
        now = server.house.clock.now()
        for _ in range(IN_A_ROW):
            health.failed(now)
        reply = server.ask("readyz")
        assert (reply.status, reply.json["reason"], reply.json["room"]) == (503, "failing", 0)
        assert server.ask("healthz").status == 200
        assert "elocute_failing 1" in server.ask("metrics").body
        health.failed(now + LOST_S)
        reply = server.ask("healthz")
        assert (reply.status, reply.json["status"]) == (503, "lost")
        health.worked()
        assert server.ask("healthz").status == server.ask("readyz").status == 200


class Broken(FakeStages):
    def motion_slots(self, profile: str, capacity: int) -> MotionSlots:
        raise RuntimeError("secret path")


def test_an_unforeseen_failure_is_an_answer_too(caplog: pytest.LogCaptureFixture) -> None:
    """500 without the private text; the log has it; the next request is served."""
    with live_server(Broken()) as server:
        reply = server.ask("api/offer", "POST", offer())
        assert reply.status == 500
        assert "secret" not in reply.body
        assert server.ask("healthz").status == 200
    assert "secret path" in caplog.text


def test_what_webrtc_brings_is_there_before_leftovers_are_looked_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A look goes through all that came later; where it cannot be had that is said at once."""
    frozen = []
    gc.unfreeze()  # whatever the server of the other tests left out

    async def play() -> None:
        front = Front(Household(FakeStages(), EngineConfig(), ManualClock()))

        async def prepare() -> None:
            frozen.append(gc.get_freeze_count())
            raise ImportError("libsrtp")

        monkeypatch.setattr(front.peers, "prepare", prepare)
        sweeping = asyncio.create_task(front.sweep())
        await asyncio.sleep(0)
        frozen.append(gc.get_freeze_count())
        sweeping.cancel()
        await asyncio.gather(sweeping, return_exceptions=True)

    asyncio.run(play())
    before, after = frozen
    assert before == 0 < after
    assert "libsrtp" in caplog.text
