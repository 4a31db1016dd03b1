"""The face as a camera for video calls: ``python -m clients.python.virtual_camera``.

Sends a microphone (or a recording, or nothing, for a bot that speaks through the session) to a
server and shows the pictures that come back as a camera, which any program can choose. Needs
``pip install 'elocute[camera]'`` and a device: on Linux v4l2loopback, elsewhere that of OBS.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Protocol

from clients.python.call import Picture, RecordedVoice, calling
from clients.python.stream import read_wav
from stream_engine.errors import BackendUnavailable, ConfigError, StreamEngineError
from stream_engine.types import MOTION_FPS

URL = "http://localhost:8080/"
USUAL = "alsa:default"
"""The microphone; the FFmpeg in PyAV's wheel for Linux (18.1) has no ``pulse``."""
_ALSA = Path("/usr/share/alsa")
_KINDS = ("alsa", "pulse", "avfoundation", "dshow")


class Camera(Protocol):
    """What `pyvirtualcam.Camera` offers of use."""

    @property
    def device(self) -> str:
        """Name under which programs find it."""
        ...

    def send(self, frame: Picture) -> None:
        """Show uint8 [H, W, 3]."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


OpenCamera = Callable[[int, int], Camera]
"""Width and height to a camera; BackendUnavailable if there is none."""


def open_camera(width: int, height: int) -> Camera:
    """Open this machine's virtual camera.

    Args:
        width: Pixels.
        height: Pixels.

    Returns:
        The camera.

    Raises:
        BackendUnavailable: If the package or the device is missing.
    """
    try:
        import pyvirtualcam
    except ImportError as error:
        raise BackendUnavailable(
            "no virtual camera", got=str(error), fix="pip install 'elocute[camera]'"
        ) from error
    try:
        camera: Camera = pyvirtualcam.Camera(width=width, height=height, fps=MOTION_FPS)
    except (RuntimeError, OSError) as error:
        raise BackendUnavailable(
            "no virtual camera",
            got=" ".join(str(error).split()),
            fix="Linux: sudo modprobe v4l2loopback exclusive_caps=1 card_label=Elocute; "
            "Windows, macOS: install OBS and start its virtual camera once",
        ) from error
    return camera


async def show(
    pictures: AsyncIterator[Picture],
    tell: Callable[[str], None],
    opener: OpenCamera = open_camera,
) -> int:
    """Show pictures until they end; another size opens the camera anew.

    Args:
        pictures: uint8 [H, W, 3].
        tell: Told which camera it is.
        opener: Opens one.

    Returns:
        Pictures shown.

    Raises:
        BackendUnavailable: If there is no camera.
        PeerClosed: If the call is lost.
    """
    camera: Camera | None = None
    size, shown = (0, 0), 0
    try:
        async for picture in pictures:
            height, width = picture.shape[:2]
            if camera is None or size != (width, height):
                if camera is not None:
                    camera.close()
                camera, size = opener(width, height), (width, height)
                tell(f"camera {camera.device}, {width} x {height}")
            camera.send(picture)
            shown += 1
    finally:
        if camera is not None:
            camera.close()
    return shown


def microphone(source: str) -> Any:
    """Open a microphone as a track.

    Args:
        source: ``FORMAT:DEVICE`` as FFmpeg names them: ``alsa:default``, ``avfoundation::0``,
            ``dshow:audio=NAME``; ``pulse:default`` with an FFmpeg that has it.

    Returns:
        An aiortc track.

    Raises:
        ConfigError: If it cannot be opened.
    """
    from aiortc.contrib.media import MediaPlayer
    from av import formats_available

    kind, _, device = source.partition(":")
    if kind == "alsa" and _ALSA.exists():  # PyAV's wheel looks for it where it was built
        os.environ.setdefault("ALSA_CONFIG_DIR", str(_ALSA))
    try:
        return MediaPlayer(device, format=kind).audio
    except (OSError, ValueError) as error:
        raise ConfigError(
            "the microphone cannot be opened",
            got=f"{source}: {error}",
            expected="FORMAT:DEVICE, the format one that is here: "
            + ", ".join(kind for kind in _KINDS if kind in formats_available),
            fix="name another with --microphone; see docs/clients.md",
        ) from error


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


async def _run(given: argparse.Namespace, opener: OpenCamera) -> int:
    voice = None
    if given.speech is not None:
        voice = RecordedVoice(read_wav(given.speech))
    elif given.microphone != "none":
        voice = microphone(given.microphone)
    token = os.environ.get("ELOCUTE_TOKEN", "")
    async with calling(given.url, voice, token, given.profile) as call:
        _say(f"session {call.session}")
        showing = show(call.pictures(), _say, opener)
        try:
            return await asyncio.wait_for(showing, given.seconds)
        except TimeoutError:
            return 0


def main(arguments: list[str] | None = None, opener: OpenCamera = open_camera) -> int:
    """Run the command; the exit status is 1 when it failed.

    Args:
        arguments: Of the command line; the program's own by default.
        opener: Opens the camera.

    Returns:
        Exit status.
    """
    name = "python -m clients.python.virtual_camera"
    parser = argparse.ArgumentParser(prog=name, description=__doc__)
    parser.add_argument("--url", default=URL, help="the server's page (%(default)s)")
    parser.add_argument("--profile", help="ultra, balanced or quality")
    parser.add_argument("--microphone", default=USUAL, help="FORMAT:DEVICE, or none (%(default)s)")
    parser.add_argument("--speech", type=Path, help="16-bit WAV file instead of a microphone")
    parser.add_argument("--seconds", type=float, help="how long (until stopped)")
    given = parser.parse_args(arguments)
    try:
        asyncio.run(_run(given, opener))
    except KeyboardInterrupt:
        return 0
    except (StreamEngineError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
