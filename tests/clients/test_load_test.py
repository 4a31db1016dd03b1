"""Sessions from outside, against a real server."""

import json
from collections.abc import Iterator
from pathlib import Path

import aioice.ice
import pytest

from clients.load_test import Plan, Talk, figures, main
from stream_engine.config import ServerConfig
from tests.fakes.live_server import LiveServer, live_server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveServer]:
    """On loopback, with room for three."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda *_, **__: ["127.0.0.1"])
    with live_server(config=ServerConfig(port=0, max_sessions=3)) as live:
        yield live


@pytest.mark.net
@pytest.mark.slow
def test_sessions_and_a_call_are_measured(server: LiveServer, tmp_path: Path) -> None:
    """Connected, first frame, how late motion is, pictures, what the server used; as JSON, too."""
    out = tmp_path / "load.json"
    options = [
        "--sessions",
        "2",
        "--calls",
        "1",
        "--seconds",
        "2",
        "--ramp",
        "0.2",
        "--interrupt",
        "0.8",
    ]
    assert main([server.url, *options, "--profile", "ultra", "--json", str(out)]) == 0
    found = json.loads(out.read_text("utf-8"))
    realtime, call = found["realtime"], found["webrtc"]
    assert realtime["frames"] > 2 * 2 * 20
    assert (realtime["missing"], realtime["errors"]) == (0, {})
    assert 0.0 < realtime["connect_ms"]["p50"] < realtime["first_ms"]["p50"] + 5000.0
    # Of ultra: 40 ms of speech after a frame's own are waited for, and what little it takes.
    assert 35.0 < realtime["latency_ms"]["p50"] < 300.0
    assert 0.0 < realtime["shut_ms"]["p50"] < 500.0
    assert call["frames"] > 10
    assert call["errors"] == {}
    assert found["server"]["cpu_s"] > 0.0
    assert found["server"]["windows"] > 100
    assert "token" not in found["plan"]
    assert server.house.sessions == 0


@pytest.mark.net
def test_who_is_refused_is_counted_by_the_servers_reason(
    server: LiveServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Five where three fit; those that are in go on; the exit status says so."""
    options = ["--sessions", "5", "--seconds", "0.6", "--ramp", "0.1"]
    assert main([server.url.replace("http", "ws"), *options]) == 1
    assert '"errors": {"CapacityError": 2}' in capsys.readouterr().out


def test_a_server_that_is_not_there_is_an_error_of_each_session() -> None:
    """By name."""
    assert main(["ws://127.0.0.1:1", "--sessions", "1", "--seconds", "0.1", "--ramp", "0"]) == 1


def test_addresses_are_made_of_either_scheme() -> None:
    """Secure stays secure."""
    assert Plan("ws://a:1/", 1, 0, 1.0).address("http") == "http://a:1"
    assert Plan("https://a", 1, 0, 1.0).address("ws") == "wss://a"


def test_figures_are_over_all_sessions() -> None:
    """Shares of what was measured; counts of what went wrong."""
    talks = [
        Talk(10.0, 100.0, [50.0, 60.0], [], 2, 0),
        Talk(30.0, 200.0, [70.0], [], 1, 4),
        Talk(error="CapacityError"),
    ]
    found = figures(talks)
    assert found["connect_ms"] == {"p50": 20.0, "p95": 29.0, "p99": 29.8}
    assert (found["frames"], found["missing"]) == (3, 4)
    assert found["errors"] == {"CapacityError": 1}
    assert figures([])["latency_ms"] == {}
