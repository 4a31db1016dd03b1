"""The face as a camera."""

import asyncio
import builtins
import sys
import types
from collections.abc import AsyncIterator
from pathlib import Path

import aioice.ice
import numpy as np
import pytest

from clients.python.call import Picture
from clients.python.virtual_camera import main, microphone, open_camera, show
from stream_engine.errors import BackendUnavailable, ConfigError, PeerClosed
from tests.clients.python.test_stream import write
from tests.fakes.camera import FakeCamera
from tests.fakes.live_server import live_server


async def pictures(*sizes: tuple[int, int]) -> AsyncIterator[Picture]:
    for width, height in sizes:
        yield np.zeros((height, width, 3), np.uint8)
    raise PeerClosed("the server ended the call")


def test_pictures_are_shown_and_another_size_opens_the_camera_anew() -> None:
    """Closed whatever ends it."""
    cameras: list[FakeCamera] = []
    said: list[str] = []

    def opener(width: int, height: int) -> FakeCamera:
        cameras.append(FakeCamera(width, height))
        return cameras[-1]

    with pytest.raises(PeerClosed):
        asyncio.run(show(pictures((64, 32), (64, 32), (32, 32)), said.append, opener))
    assert [(len(camera.shown), camera.closed) for camera in cameras] == [(2, True), (1, True)]
    assert said == ["camera /dev/video9, 64 x 32", "camera /dev/video9, 32 x 32"]


def test_what_is_missing_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package, the device, the microphone."""
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with pytest.raises(BackendUnavailable, match=r"pip install 'elocute\[camera\]'"):
        open_camera(64, 64)
    module = types.ModuleType("pyvirtualcam")

    def no_device(**size: int) -> builtins.object:
        raise RuntimeError("'v4l2loopback' backend: No /dev/video devices\nexist.")

    module.Camera = no_device  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyvirtualcam", module)
    with pytest.raises(BackendUnavailable, match=r"modprobe v4l2loopback"):
        open_camera(64, 64)
    with pytest.raises(ConfigError, match=r"nonsense:nothing.*that is here.*--microphone"):
        microphone("nonsense:nothing")


@pytest.mark.net
def test_a_recording_is_shown_by_a_camera(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a real server, over WebRTC."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda *_, **__: ["127.0.0.1"])
    camera = FakeCamera(512, 512)
    speech = str(write(tmp_path / "a.wav"))
    with live_server() as server:
        command = ["--url", server.url, "--speech", speech, "--seconds", "2"]
        assert main(command, lambda width, height: camera) == 0
    assert len(camera.shown) > 10
    assert camera.closed
    assert main([*command, "--microphone", "none"], lambda width, height: camera) == 1
