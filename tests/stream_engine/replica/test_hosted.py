import threading

import pytest

from stream_engine.config import EngineConfig, ServerConfig
from stream_engine.errors import RenderError
from stream_engine.protocols import Renderer
from stream_engine.replica.hosted import HostedServer
from tests.fakes.live_server import ask_url
from tests.fakes.stages import FakeStages

pytestmark = pytest.mark.net


def test_a_hosted_server_reports_serves_and_drains() -> None:
    """On a thread of its own; nothing is left of it."""
    config = EngineConfig(server=ServerConfig(port=0, max_sessions=3, replica="one"))
    server = HostedServer(FakeStages(), config)
    server.start()
    report = server.report()
    assert (report.replica, report.sessions, report.room, report.draining) == ("one", 0, 3, False)
    assert ask_url(f"http://{report.address}/readyz").json["room"] == 3
    assert server.alive
    server.leave()
    server.join()
    assert not server.alive
    assert server.report().draining
    server.leave()  # again: nothing happens
    assert not {"engine", "render", "server"} & {thread.name for thread in threading.enumerate()}


class NoOpenGl(FakeStages):
    def renderer(self, avatar: str) -> Renderer:  # type: ignore[override]
        raise RenderError("no OpenGL")


def test_what_keeps_it_from_starting_is_raised() -> None:
    """With its own error, in the caller's thread."""
    with pytest.raises(RenderError, match="no OpenGL"):
        HostedServer(NoOpenGl(), EngineConfig(server=ServerConfig(port=0))).start()
