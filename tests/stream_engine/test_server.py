import json
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.sync.client import connect

from stream_engine.config import EngineConfig, ServerConfig
from stream_engine.errors import AddressInUse, ConfigError, RenderError
from stream_engine.protocols import Renderer
from stream_engine.server import bind, check_settings, find_page, serve
from stream_engine.service_config import RecordingConfig
from tests.fakes.live_server import live_server
from tests.fakes.stages import FakeStages


@pytest.mark.net
def test_a_port_in_use_is_told_with_a_way_out() -> None:
    """What, got, expected, fix."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(AddressInUse, match=f"127.0.0.1:{port}") as caught:
            serve(FakeStages(), EngineConfig(server=ServerConfig(port=port)))
    assert "--port" in caught.value.fix


@pytest.mark.net
def test_an_address_of_another_machine_is_told_too() -> None:
    """Not only ports can be wrong."""
    with pytest.raises(AddressInUse):
        bind(ServerConfig(host="192.0.2.250", port=0))


class NoOpenGl(FakeStages):
    def renderer(self, avatar: str) -> Renderer:  # type: ignore[override]
        raise RenderError("no OpenGL")


@pytest.mark.net
def test_a_missing_opengl_ends_the_start_with_its_own_error() -> None:
    """Not with uvicorn's exit."""
    with pytest.raises(RenderError, match="no OpenGL"):
        serve(NoOpenGl(), EngineConfig(server=ServerConfig(port=0)))


@pytest.mark.net
def test_the_server_starts_and_stops_without_leaving_a_thread() -> None:
    """Engine and render thread end with it; the port is free again."""
    with live_server() as server:
        assert {"engine", "render"} <= {thread.name for thread in threading.enumerate()}
        port = int(server.url.rstrip("/").rsplit(":", 1)[1])
    assert not {"engine", "render"} & {thread.name for thread in threading.enumerate()}
    bind(ServerConfig(port=port)).close()


def test_what_no_speech_needs_is_not_imported_before_the_server_listens() -> None:
    """WebRTC's own libraries take a quarter of a start; they come beside the loop."""
    code = "import sys, stream_engine.server; sys.exit('aiortc' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_page_is_found_beside_the_package() -> None:
    """Without importing the clients."""
    assert (find_page() / "app.js").is_file()
    assert find_page() == Path(__file__).parents[2] / "clients" / "web"


@pytest.mark.net
def test_at_sigterm_sessions_may_end_by_themselves() -> None:
    """New ones are refused, those that are there go on; with the last one the server stops."""
    with live_server(config=ServerConfig(port=0, drain_s=30)) as server:
        with connect(server.speech_url) as socket:
            assert json.loads(socket.recv(timeout=5))["type"] == "ready"
            server.server.handle_exit(signal.SIGTERM, None)
            while server.ask("readyz").status == 200:
                pass
            assert server.ask("readyz").json["reason"] == "draining"
            assert not server.server.should_exit
            socket.send(bytes(16_000))
            assert json.loads(socket.recv(timeout=5))["type"] == "motion"
            socket.send('{"type":"end"}')
            while json.loads(socket.recv(timeout=5))["type"] != "ended":
                pass
        with suppress(OSError):
            while not server.server.should_exit:
                server.ask("healthz")
        assert server.server.should_exit


@pytest.mark.net
def test_a_second_sigterm_ends_at_once() -> None:
    """Nobody has to wait for the grace period."""
    with (
        live_server(config=ServerConfig(port=0, drain_s=600)) as server,
        connect(server.speech_url) as socket,
    ):
        socket.recv(timeout=5)
        server.server.handle_exit(signal.SIGTERM, None)
        while server.ask("readyz").status == 200:
            pass
        server.server.handle_exit(signal.SIGTERM, None)
        assert server.server.should_exit


def test_a_folder_of_recordings_is_looked_at_before_models_are_loaded() -> None:
    """Or whoever asks to be recorded would find out."""
    with pytest.raises(ConfigError, match=r"recording\.folder"):
        check_settings(EngineConfig(recording=RecordingConfig(folder=f"{__file__}/recordings")))
