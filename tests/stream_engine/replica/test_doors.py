import asyncio
import json
from pathlib import Path

import aioice.ice
import pytest
from websockets.sync.client import connect

from stream_engine.replica.placement import Report
from stream_engine.service_config import AccessConfig
from tests.fakes.caller import Caller
from tests.fakes.live_doors import live_doors

pytestmark = pytest.mark.net

KEY = "the-key-of-these-servers"
NOBODY = Report("gone", "127.0.0.1:9", 0, 99)
OFFER = json.dumps({"sdp": "v=0", "type": "offer"}).encode()


def test_what_any_replica_can_answer_is_answered() -> None:
    """Page, its files, profiles; one that is gone is passed over."""
    with live_doors({"z": 1}) as doors:
        doors.directory.said["gone"] = NOBODY
        assert "<video" in doors.ask("").body
        reply = doors.ask("app.js")
        assert (reply.status, "javascript" in reply.headers["Content-Type"]) == (200, True)
        assert doors.ask("api/profiles").json["default"] == "balanced"
        assert doors.ask("nothing/here").json["error"]["type"] == "NotFound"


def test_an_answer_that_is_no_refusal_for_want_of_room_stands() -> None:
    """A bad offer is not sent around."""
    with live_doors({"a": 1, "b": 1}) as doors:
        reply = doors.ask("api/offer", "POST", OFFER)
        assert (reply.status, reply.json["error"]["type"]) == (400, "SignalingError")
        assert len(doors.directory.placed) == 1


def test_who_is_full_or_gone_is_passed_over_until_nobody_is_left() -> None:
    """Whatever they had reported; then 503, with when to come again."""
    with live_doors({"a": 1}) as doors:
        doors.directory.said["gone"] = NOBODY
        with connect(doors.speech_url) as socket:
            assert json.loads(socket.recv(timeout=5))["type"] == "ready"
            doors.directory.said["a"] = Report(
                "a", doors.directory.replicas["a"].report().address, 0, 9
            )
            doors.directory.placed.clear()
            reply = doors.ask("api/offer", "POST", OFFER)
            assert doors.directory.placed == ["gone", "a"]
            assert (reply.status, reply.json["error"]["type"]) == (503, "CapacityError")
            assert int(reply.headers["Retry-After"]) > 0


def test_readiness_and_metrics_are_those_of_all() -> None:
    """Room added up; full is not ready."""
    with live_doors({"a": 1, "b": 2}) as doors:
        assert doors.ask("healthz").status == 200
        assert doors.ask("readyz").json == {"ready": True, "replicas": 2, "sessions": 0, "room": 3}
        lines = doors.ask("metrics").body.splitlines()
        assert 'elocute_replica_room{replica="b"} 2' in lines
        assert [row["replica"] for row in doors.ask("replicas").json] == ["a", "b"]
        for name in ("a", "b"):
            doors.directory.said[name] = Report(name, "127.0.0.1:9", 1, 0)
        reply = doors.ask("readyz")
        assert (reply.status, reply.json["room"]) == (503, 0)


def test_a_session_is_found_by_its_name_and_missed_with_words() -> None:
    """204 where it is held; 410 where its replica is gone, by register or by silence."""
    with live_doors({"a": 1}) as doors:
        doors.directory.said["gone"] = NOBODY
        assert doors.ask("api/session/a~token", "DELETE").status == 204
        for name in ("gone~token", "never~token", "token"):
            reply = doors.ask(f"api/session/{name}", "DELETE")
            assert (reply.status, reply.json["error"]["type"]) == (410, "ReplicaGone")
            assert reply.json["error"]["fix"] == "open a new session"


def test_keys_and_pages_are_judged_by_the_replica(tmp_path: Path) -> None:
    """What says who asks is passed up, and what a refusal says is passed down."""
    (tmp_path / "keys").write_text(KEY)
    access = AccessConfig(
        keys=str(tmp_path / "keys"), origins=("https://app.example",), proxies=("127.0.0.1",)
    )
    bearer = {"Authorization": f"Bearer {KEY}"}
    with live_doors({"a": 1, "b": 1}, access) as doors:
        reply = doors.ask("api/offer", "POST", OFFER)
        assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert len(doors.directory.placed) == 1
        assert doors.ask("api/offer", "POST", OFFER, bearer).status == 400
        assert doors.ask("api/session/a~token", "DELETE").status == 401
        assert doors.ask("api/session/a~token", "DELETE", headers=bearer).status == 204
        assert doors.ask("").status == doors.ask("api/profiles", headers=bearer).status == 200
        given = doors.ask("api/token", "POST", b"{}", bearer).json["token"]
        signed = {"Authorization": f"Bearer {given}"}
        assert doors.ask("api/offer", "POST", OFFER, signed).status == 400
        home = {**bearer, "Origin": doors.url.rstrip("/")}
        assert doors.ask("api/offer", "POST", OFFER, home).status == 400
        evil = {**bearer, "Origin": "https://evil.example"}
        assert doors.ask("api/offer", "POST", OFFER, evil).status == 403
        known = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
        reply = doors.ask("api/offer", "OPTIONS", headers=known)
        assert (reply.status, reply.headers["Access-Control-Allow-Origin"]) == (
            204,
            "https://app.example",
        )


def test_media_flow_past_the_doors(monkeypatch: pytest.MonkeyPatch) -> None:
    """An offer goes through them; pictures come from the replica; the end goes through again."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda *_, **__: ["127.0.0.1"])

    async def call(url: str) -> str:
        caller = Caller()
        answer = await caller.dial(url)
        await caller.until(lambda: caller.pictures > 3, 20.0)
        await caller.close()
        return str(answer["session"])

    with live_doors({"a": 1, "b": 2}) as doors:
        session = asyncio.run(call(doors.url))
        assert session.startswith("b~")
        assert doors.ask(f"api/session/{session}", "DELETE").status == 204
        assert doors.directory.replicas["b"].report().sessions == 0
