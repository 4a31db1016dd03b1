import asyncio
import json
import threading
from typing import Any

import aioice.ice
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from stream_engine.clock import MonotonicClock
from stream_engine.config import EngineConfig, ServerConfig
from stream_engine.drain import drain
from stream_engine.front import Front
from stream_engine.household import Household
from tests.fakes.caller import Caller
from tests.fakes.live_server import live_server
from tests.fakes.stages import FakeStages

pytestmark = pytest.mark.net


def test_a_client_that_stays_is_told_and_let_go() -> None:
    """At the limit: a typed error, the code for trying again, and an end of the server."""
    with (
        live_server(config=ServerConfig(port=0, drain_s=0.3)) as server,
        connect(server.speech_url) as socket,
    ):
        assert json.loads(socket.recv(timeout=5))["type"] == "ready"
        server.server.leave()
        message = json.loads(socket.recv(timeout=5))
        assert (message["type"], message["error"]["type"]) == ("error", "Draining")
        assert message["error"]["fix"]
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=5)
        assert socket.protocol.close_rcvd is not None
        assert socket.protocol.close_rcvd.code == 1013


def test_a_house_without_sessions_is_left_at_once() -> None:
    """Nothing to wait for."""

    async def leave() -> bool:
        front = Front(Household(FakeStages(), EngineConfig(), MonotonicClock()))
        async with asyncio.timeout(5.0):
            await drain(front, 3600.0)
        return front.house.draining

    assert asyncio.run(leave())


def test_a_browser_that_stays_is_told_over_its_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason reaches the data channel before the connection closes."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda *_, **__: ["127.0.0.1"])

    async def call(url: str, leave: Any) -> list[dict[str, Any]]:
        caller = Caller()
        assert (await caller.dial(url))["session"].startswith("here~")
        await caller.until(lambda: caller.pictures, 20.0)
        leave()
        await caller.until(lambda: caller.events[-1]["type"] == "error", 20.0)
        await caller.close()
        return caller.events

    with live_server(config=ServerConfig(port=0, drain_s=0.2, replica="here")) as server:
        events = asyncio.run(call(server.url, server.server.leave))
    (goodbye,) = [event for event in events if event["type"] == "error"]
    assert (goodbye["error"]["type"], goodbye["ends"]) == ("Draining", True)
    assert "engine" not in {thread.name for thread in threading.enumerate()}
