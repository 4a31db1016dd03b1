"""Tokens given out by the real server, and used."""

import json
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from stream_engine.service_config import AccessConfig
from tests.fakes.live_server import LiveServer, Reply, live_server

pytestmark = pytest.mark.net

KEY = "the-key-of-this-server"


def give(server: LiveServer, key: str = KEY, **wish: Any) -> Reply:
    headers = {"Authorization": f"Bearer {key}"}
    return server.ask("api/token", "POST", json.dumps(wish).encode(), headers)


def test_whoever_has_the_key_gets_tokens_that_open_sessions(tmp_path: Path) -> None:
    """For a while, for a profile; a token gets no tokens; no cache keeps one."""
    (tmp_path / "keys").write_text(KEY)
    with live_server(access=AccessConfig(keys=str(tmp_path / "keys"))) as server:
        reply = give(server, profile="ultra", longest_s=60, seconds=5)
        assert (reply.status, reply.json["expires_in"]) == (200, 5)
        assert reply.headers["Cache-Control"] == "no-store"
        token = reply.json["token"]
        with connect(f"{server.speech_url}?profile=ultra&token={token}") as socket:
            assert json.loads(socket.recv(timeout=5))["profile"] == "ultra"
        assert give(server, token).json["error"]["type"] == "Forbidden"
        assert give(server, "another-key-altogether").status == 401
        assert server.ask("api/token", "POST", b"").status == 401
        over = give(server, seconds=0).json["token"]
        with pytest.raises(InvalidStatus):
            connect(f"{server.speech_url}?token={over}")
        for wish in ({"seconds": 1e9}, {"seconds": -1}, {"longest_s": -1}, {"profile": "hasty"}):
            assert give(server, **wish).status == 400
        for body in (b"[]", b"{", b'{"seconds":"x"}', b"\xff"):
            headers = {"Authorization": f"Bearer {KEY}"}
            assert server.ask("api/token", "POST", body, headers).status == 400


def test_a_server_without_a_key_signs_nothing() -> None:
    """Nobody needs a token there."""
    with live_server() as server:
        reply = give(server)
        assert (reply.status, reply.json["error"]["type"]) == (403, "Forbidden")
