import json
import time
from collections.abc import Collection
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from stream_engine.gate.tokens import Grant, sign
from stream_engine.realtime_deltas import Sound, read_delta
from stream_engine.replica.placement import Report
from stream_engine.replica.relay import relay_speech
from stream_engine.service_config import AccessConfig
from stream_engine.types import MotionFrames
from tests.fakes.live_doors import live_doors, served

pytestmark = pytest.mark.net


def test_speech_goes_up_and_motion_comes_down() -> None:
    """Whole, with query, end and close code; the replica's words are passed on as they are."""
    with live_doors({"a": 2}) as doors:
        with connect(doors.speech_url + "?rate=8000&profile=ultra") as socket:
            ready = json.loads(socket.recv(timeout=5))
            assert (ready["type"], ready["rate_hz"], ready["profile"]) == ("ready", 8000, "ultra")
            socket.send(bytes(8_000))
            socket.send('{"type":"end"}')
            frames = 0
            while (message := json.loads(socket.recv(timeout=5)))["type"] == "motion":
                frames += len(message["coefficients"])
            assert message == {"type": "ended", "frames": frames}
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=5)
            assert socket.protocol.close_rcvd is not None
            assert socket.protocol.close_rcvd.code == 1000
        with connect(doors.speech_url + "?profile=hasty") as socket:
            assert json.loads(socket.recv(timeout=5))["error"]["type"] == "ConfigError"


def test_a_client_that_leaves_takes_its_session_along() -> None:
    """The replica has room again."""
    with live_doors({"a": 1}) as doors:
        with connect(doors.speech_url) as socket:
            socket.recv(timeout=5)
            assert doors.directory.replicas["a"].report().room == 0
        while doors.ask("readyz").status != 200:
            pass


def test_sockets_fill_one_replica_after_the_other() -> None:
    """One that is full, whatever it reported, is passed over; then the client is told."""
    with live_doors({"a": 1, "b": 1}) as doors:
        for name, replica in doors.directory.replicas.items():
            doors.directory.said[name] = Report(name, replica.report().address, 0, 9)
        with connect(doors.speech_url) as one, connect(doors.speech_url) as two:
            for socket in (one, two):
                assert json.loads(socket.recv(timeout=5))["type"] == "ready"
            with connect(doors.speech_url) as three:
                failure = json.loads(three.recv(timeout=5))
                assert failure["error"]["type"] == "CapacityError"
                with pytest.raises(ConnectionClosed):
                    three.recv(timeout=5)
                assert three.protocol.close_rcvd is not None
                assert three.protocol.close_rcvd.code == 1013


def test_tokens_pass_through_to_the_replica(tmp_path: Path) -> None:
    """In header, query and protocol; what the replica refuses is told, and nobody else asked."""
    key = "the-key-of-these-servers"
    (tmp_path / "keys").write_text(key)
    token = sign(key, Grant(expires_s=time.time() + 60.0))
    with live_doors({"a": 1, "b": 1}, AccessConfig(keys=str(tmp_path / "keys"))) as doors:
        url = doors.speech_url
        offered = [Subprotocol("elocute"), Subprotocol(f"bearer.{token}")]
        bearer = {"Authorization": f"Bearer {key}"}
        with (
            connect(url, additional_headers=bearer) as one,
            connect(url, subprotocols=offered, origin=Origin(doors.url.rstrip("/"))) as two,
        ):
            assert two.subprotocol == "elocute"
            for socket in (one, two):
                assert json.loads(socket.recv(timeout=5))["type"] == "ready"
        while doors.ask("readyz").json["room"] < 2:
            pass
        with connect(f"{url}?token={token}") as socket:
            assert json.loads(socket.recv(timeout=5))["type"] == "ready"
        doors.directory.placed.clear()
        with connect(url) as socket:
            assert json.loads(socket.recv(timeout=5))["error"]["type"] == "Unauthorized"
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=5)
            assert socket.close_code == 1008
        assert len(doors.directory.placed) == 1


async def dying(socket: ServerConnection) -> None:
    """A replica that is killed in the middle of a session."""
    await socket.send(
        '{"type":"ready","rate_hz":1,"profile":"","fps":25,"latency_ms":1,"names":[]}'
    )
    await socket.recv()
    socket.transport.abort()


def test_a_client_whose_replica_is_killed_is_told_so() -> None:
    """A typed error, and the code for trying again."""
    places: list[Report] = []

    async def place(tried: Collection[str]) -> Report | None:
        return next((report for report in places if report.replica not in tried), None)

    async def speech(websocket: WebSocket) -> None:
        async with serve(dying, "127.0.0.1", 0) as replica:
            port = replica.sockets[0].getsockname()[1]
            places[:] = [
                Report("absent", "127.0.0.1:9", 0, 1),
                Report("a", f"127.0.0.1:{port}", 0, 1),
            ]
            await relay_speech(place, websocket)

    app = Starlette(routes=[WebSocketRoute("/v1/speech", speech)])
    with served(app) as url, connect(url.replace("http", "ws") + "v1/speech") as socket:
        assert json.loads(socket.recv(timeout=5))["type"] == "ready"
        socket.send(b"..")
        failure = json.loads(socket.recv(timeout=5))
        assert (failure["type"], failure["error"]["type"]) == ("error", "ReplicaGone")
        assert "a" in failure["error"]["got"]
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=5)
        assert socket.protocol.close_rcvd is not None
        assert socket.protocol.close_rcvd.code == 1013


def test_a_bots_speech_goes_up_and_binary_deltas_come_down() -> None:
    """The assistants' door, too: what is not text stays what it is."""
    with live_doors({"a": 1}) as doors:
        url = doors.speech_url.replace(
            "speech", "realtime?profile=ultra&encoding=binary&rate=16000"
        )
        with connect(url) as socket:
            assert json.loads(socket.recv(timeout=5))["type"] == "session.created"
            socket.send(bytes(16_000))
            while isinstance(message := socket.recv(timeout=5), str):
                pass
            assert isinstance(read_delta(message), Sound | MotionFrames)
            with connect(url) as other:
                assert json.loads(other.recv(timeout=5))["error"]["type"] == "CapacityError"


def test_a_bot_speaks_through_a_session_at_the_replica_that_holds_it() -> None:
    """Wherever there is more room; of a replica that is gone it is told."""
    with live_doors({"a": 2, "b": 9}) as doors:
        url = doors.speech_url.replace("speech", "realtime?profile=ultra")
        house = doors.directory.replicas["a"]._house
        session = house.open(house.make_parts("ultra", "default"), lambda _: None, lambda _: None)
        with connect(f"{url}&session=a~{session.id}") as socket:
            made = json.loads(socket.recv(timeout=5))
            assert (made["type"], made["session"]["id"]) == ("session.created", session.id)
        with connect(f"{url}&session=c~{session.id}") as socket:
            assert json.loads(socket.recv(timeout=5))["error"]["type"] == "ReplicaGone"
        session.close()  # or the replica would wait for it
