"""Two replicas under Ray Serve on this machine: placed, lost, drained."""

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import IO, Any

import aioice.ice
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from stream_engine.config import ServerConfig
from stream_engine.server import bind
from tests.e2e.browser import ROOT
from tests.fakes.caller import Caller
from tests.fakes.live_server import ask_url

pytestmark = [
    pytest.mark.slow,
    pytest.mark.net,
    pytest.mark.alone,
    pytest.mark.skipif(
        importlib.util.find_spec("ray") is None, reason="needs Ray: pip install 'elocute[ray]'"
    ),
]

LIMIT_S = 40.0
PLACES = 4
WRONG = '{"type":"express","emotion":"peckish"}'
"""Answered at once, with an error that ends nothing."""


@dataclass(frozen=True)
class Cluster:
    """Where it is, and how to tell it what to do."""

    url: str
    orders: IO[str]
    answers: IO[str]

    def ask(self, path: str, method: str = "GET") -> Any:
        """Send one HTTP request through Ray's proxy."""
        return ask_url(self.url + path, method)

    def order(self, order: str) -> None:
        """Have it done; the cluster says when."""
        self.orders.write(order + "\n")
        self.orders.flush()

    def done(self) -> None:
        """Wait until an order has been carried out."""
        assert "DONE" in next(line for line in self.answers if line.startswith("DONE"))

    def replicas(self) -> dict[str, dict[str, Any]]:
        """What each says of itself."""
        return {row["replica"]: row for row in self.ask("replicas").json}

    def knock(self, stack: ExitStack) -> ClientConnection:
        """Come to the WebSocket door; the stack closes it."""
        url = self.url.replace("http", "ws") + "v1/speech?rate=16000"
        return stack.enter_context(connect(url))

    def speak(self, stack: ExitStack) -> ClientConnection:
        """Open a session there."""
        socket = self.knock(stack)
        assert hear(socket)["type"] == "ready"
        return socket


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One Ray for all tests of this file; ends with it."""
    with bind(ServerConfig(port=0)) as listener:
        port = listener.getsockname()[1]
    quiet = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.ray_cluster", str(port)],
        cwd=ROOT,
        env={**os.environ, **quiet, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            url = next((row.split()[1] for row in process.stdout if row.startswith("READY")), None)
            assert url is not None, "the cluster did not start"
            yield Cluster(url, process.stdin, process.stdout)
        finally:
            process.stdin.close()
            process.wait(LIMIT_S)


@pytest.fixture
def empty(cluster: Cluster) -> Cluster:
    """Two replicas, all places free, whatever the last test has done."""
    until(lambda: cluster.ask("readyz").json.get("room") == PLACES)
    return cluster


def until(condition: Callable[[], Any]) -> None:
    """Wait for something; an error if it takes too long."""
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def hear(socket: ClientConnection) -> dict[str, Any]:
    """The next message."""
    message: dict[str, Any] = json.loads(socket.recv(timeout=LIMIT_S))
    return message


def ending(socket: ClientConnection) -> str:
    """Type of the error a session ended with; empty when it answers still."""
    with suppress(ConnectionClosed):
        socket.send(WRONG)
    while (message := hear(socket))["type"] != "error":
        pass
    if not message["ends"]:
        return ""
    with pytest.raises(ConnectionClosed):
        hear(socket)
    assert socket.protocol.close_rcvd is not None
    assert socket.protocol.close_rcvd.code == 1013  # try again later
    return str(message["error"]["type"])


def test_sessions_fill_both_replicas_and_then_are_refused(empty: Cluster) -> None:
    """Two each, wherever Ray would have sent the requests; the fifth is told."""
    with ExitStack() as stack:
        sockets = [empty.speak(stack) for _ in range(PLACES)]
        for socket in sockets:
            socket.send(bytes(16_000))
            assert hear(socket)["type"] == "motion"
        rows = empty.replicas().values()
        assert [(row["sessions"], row["room"]) for row in rows] == [(2, 0), (2, 0)]
        assert empty.ask("readyz").status == 503
        assert ending(empty.knock(stack)) == "CapacityError"


async def talk(url: str, then: Callable[[str], None]) -> None:
    """Call by WebRTC; when pictures have come, do something with the session's name."""
    caller = Caller()
    answer = await caller.dial(url)
    await caller.until(lambda: caller.pictures > 3, LIMIT_S)
    await asyncio.to_thread(then, answer["session"])
    await caller.close()


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda *_, **__: ["127.0.0.1"])


def test_media_flow_past_the_proxy_and_a_session_is_ended_through_it(empty: Cluster) -> None:
    """The offer goes through Ray; pictures do not; the end finds the session's replica."""

    def end(session: str) -> None:
        assert session.split("~")[0] in empty.replicas()
        assert empty.ask(f"api/session/{session}", "DELETE").status == 204
        until(lambda: empty.ask("readyz").json["sessions"] == 0)

    asyncio.run(talk(empty.url, end))


def test_a_killed_replicas_clients_are_told_and_new_ones_go_elsewhere(empty: Cluster) -> None:
    """Its sessions end with words, the others go on, and another takes its place."""
    lost: list[str] = []

    def kill(session: str) -> None:
        with ExitStack() as stack:
            sockets = [empty.speak(stack) for _ in range(PLACES - 1)]
            lost.append(session.split("~")[0])
            empty.order(f"kill {lost[0]}")
            empty.done()
            ends = [ending(socket) for socket in sockets]
            assert sorted(ends) == ["", "", "ReplicaGone"]
            reply = empty.ask(f"api/session/{session}", "DELETE")
            assert (reply.status, reply.json["error"]["type"]) == (410, "ReplicaGone")
            sockets[ends.index("")].close()
            until(lambda: empty.ask("readyz").json["room"])
            empty.speak(stack)

    asyncio.run(talk(empty.url, kill))
    until(lambda: len(empty.replicas()) == 2 and lost[0] not in empty.replicas())


def test_a_replica_that_is_scaled_away_drains(empty: Cluster) -> None:
    """It takes nobody, its sessions go on for a while, then they are told; the others stay."""
    with ExitStack() as stack:
        sockets = [empty.speak(stack) for _ in range(PLACES)]
        empty.order("scale 1")
        until(lambda: any(row["draining"] for row in empty.replicas().values()))
        assert [ending(socket) for socket in sockets] == [""] * PLACES
        assert ending(empty.knock(stack)) == "CapacityError"
        until(lambda: len(empty.replicas()) == 1)
        ends = sorted(ending(socket) for socket in sockets)
        assert ends == ["", "", "Draining", "Draining"]
    empty.done()
    empty.order("scale 2")
    empty.done()
