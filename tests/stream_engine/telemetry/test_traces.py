"""Spans of requests and sessions, and what is said when they cannot be had."""

import importlib.util
import json
import sys
from typing import Any

import pytest
from websockets.sync.client import connect

from stream_engine.clock import MonotonicClock
from stream_engine.config import EngineConfig
from stream_engine.errors import BackendUnavailable
from stream_engine.household import Household
from stream_engine.service_config import TelemetryConfig
from stream_engine.telemetry.traces import NoTraces, OpenTelemetry, open_traces
from tests.fakes.live_server import live_server
from tests.fakes.stages import FakeStages

OTLP = "opentelemetry.exporter.otlp.proto.http.trace_exporter"


def installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def test_without_a_place_nothing_is_traced() -> None:
    """And OpenTelemetry need not be there."""
    tracer = open_traces("")
    assert isinstance(tracer, NoTraces)
    tracer.begin("request", {})({})
    tracer.close()


def test_traces_that_cannot_be_had_are_an_error_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Which package; the server does not go on without."""
    monkeypatch.setitem(sys.modules, OTLP, None)
    config = EngineConfig(telemetry=TelemetryConfig(traces="http://127.0.0.1:4318/v1/traces"))
    with pytest.raises(BackendUnavailable, match="opentelemetry") as caught:
        Household(FakeStages(), config, MonotonicClock())
    assert "elocute[otel]" in caught.value.fix


@pytest.mark.skipif(not installed("opentelemetry.sdk"), reason="no OpenTelemetry")
@pytest.mark.net
def test_requests_and_sessions_are_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    """With method, status and door; session and profile. No path, no query: no token in them."""
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    with live_server() as server:
        tracer = OpenTelemetry(exporter)
        monkeypatch.setattr(server.house, "tracer", tracer)
        monkeypatch.setattr(server.house.visits, "_tracer", tracer)
        server.ask("healthz")
        server.ask("nothing")
        with connect(server.speech_url + "?profile=ultra&token=secret") as socket:
            assert json.loads(socket.recv(timeout=5))["type"] == "ready"
            socket.send('{"type":"end"}')
            for _ in socket:
                pass
        while server.house.sessions:
            pass
    spans: list[Any] = list(exporter.get_finished_spans())
    assert all(span.end_time >= span.start_time for span in spans)
    names = ("http.request.method", "http.response.status_code", "elocute.door")
    rows = [
        tuple(span.attributes[name] for name in names) for span in spans if span.name == "request"
    ]
    assert rows == [("GET", 200, "health"), ("GET", 404, ""), ("WEBSOCKET", 0, "speech")]
    (session,) = [span for span in spans if span.name == "session"]
    assert session.attributes["profile"] == "ultra"
    assert session.attributes["session"]
    assert "secret" not in str([span.to_json() for span in spans])
    assert spans[0].resource.attributes["service.name"] == "elocute"


@pytest.mark.skipif(not installed("opentelemetry.sdk"), reason="no OpenTelemetry")
def test_spans_may_go_to_the_console(capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON, when the tracer closes at the latest."""
    tracer = open_traces("console")
    tracer.begin("request", {"http.request.method": "GET"})({"http.response.status_code": 200})
    tracer.close()
    shown = json.loads(capsys.readouterr().out)
    assert shown["name"] == "request"
    assert shown["attributes"]["http.response.status_code"] == 200
