"""A real server in a thread, on loopback, for tests that speak HTTP and WebSocket."""

import json
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from typing import Any

from starlette.applications import Starlette

from stream_engine.config import EngineConfig, ServerConfig
from stream_engine.household import Household
from stream_engine.output_config import OutputConfig
from stream_engine.protocols import Stages
from stream_engine.server import QuietServer, bind, create_app
from stream_engine.service_config import (
    AccessConfig,
    IceConfig,
    LimitsConfig,
    RecordingConfig,
    TelemetryConfig,
    VoiceConfig,
)
from stream_engine.tls import read_tls
from tests.fakes.stages import FakeStages


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: str
    headers: Message

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def ask_url(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Reply:
    """Send one HTTP request."""
    request = urllib.request.Request(url, data=body, headers=dict(headers or {}), method=method)
    try:
        with urllib.request.urlopen(request, timeout=10, context=tls) as answer:
            return Reply(answer.status, answer.read().decode(), answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, error.read().decode(), error.headers)


@dataclass(frozen=True)
class LiveServer:
    """Where it is, and what is inside."""

    url: str
    house: Household
    server: QuietServer

    @property
    def speech_url(self) -> str:
        """The WebSocket door."""
        return self.url.replace("http://", "ws://") + "v1/speech"

    @property
    def address(self) -> str:
        """Host and port."""
        return self.url.removeprefix("http://").rstrip("/")

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one HTTP request."""
        return ask_url(self.url + path, method, body, headers)


@contextmanager
def live_server(
    stages: Stages | None = None,
    config: ServerConfig | None = None,
    outputs: Mapping[str, OutputConfig] | None = None,
    access: AccessConfig | None = None,
    limits: LimitsConfig | None = None,
    telemetry: TelemetryConfig | None = None,
    ice: IceConfig | None = None,
    recording: RecordingConfig | None = None,
    voice: VoiceConfig | None = None,
) -> Iterator[LiveServer]:
    """Serve on a free port until the block ends."""
    settings = EngineConfig(
        server=config or ServerConfig(port=0, max_sessions=3),
        outputs=outputs or {},
        access=access or AccessConfig(),
        limits=limits or LimitsConfig(),
        telemetry=telemetry or TelemetryConfig(),
        ice=ice or IceConfig(),
        recording=recording or RecordingConfig(),
        voice=voice or VoiceConfig(()),
    )
    listener = bind(settings.server)
    app: Starlette = create_app(stages or FakeStages(), settings)
    ready: list[str] = []
    up = threading.Event()

    def on_ready(url: str) -> None:
        ready.append(url)
        up.set()

    server = QuietServer(app, listener, on_ready, read_tls(settings.server))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert up.wait(10.0), "the server did not start"
        yield LiveServer(ready[0].replace("localhost", "127.0.0.1"), app.state.house, server)
    finally:
        server.should_exit = True
        thread.join(15.0)
        assert not thread.is_alive(), "the server did not stop"
