"""The live run; all of it, for real, is in tests/e2e/test_profile.py."""

import dataclasses
import sys
import threading
from pathlib import Path

import pytest

from stream_engine.config import EngineConfig, ServerConfig
from stream_engine.errors import RenderError, TransportError
from stream_engine.profiling.live import run_live
from tests.fakes.stages import DrawnFace, FakeStages
from tests.paths import SAMPLE

CONFIG = EngineConfig(server=ServerConfig(port=0))


class Blind(FakeStages):
    """Stages where there is no OpenGL."""

    def renderer(self, avatar: str) -> DrawnFace:
        """Refuse."""
        raise RenderError("OpenGL could not be opened")


@pytest.mark.net
def test_without_opengl_nobody_is_called() -> None:
    """The renderer's own error, no thread left behind."""
    before = threading.active_count()
    with pytest.raises(RenderError, match="OpenGL"):
        run_live(Blind(), CONFIG, SAMPLE, 3.0, 1)
    assert threading.active_count() == before


@pytest.mark.slow
@pytest.mark.net
def test_a_caller_that_fails_is_told_and_the_server_goes_away(tmp_path: Path) -> None:
    """Its own last words; threads and the length of their turns are as before."""
    before, switch_s = threading.active_count(), sys.getswitchinterval()
    with pytest.raises(TransportError, match=r"the caller failed.*none\.wav"):
        run_live(FakeStages(), CONFIG, tmp_path / "none.wav", 3.0, 1)
    full = dataclasses.replace(CONFIG, server=ServerConfig(port=0, max_sessions=1))
    with pytest.raises(TransportError, match="the server is full"):
        run_live(FakeStages(), full, SAMPLE, 3.0, 2)
    assert threading.active_count() == before
    assert sys.getswitchinterval() == switch_s
