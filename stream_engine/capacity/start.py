"""How long ``elocute serve`` takes from being called to its first motion."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stream_engine.errors import StreamEngineError, TransportError
from stream_engine.types import F32, MODEL_RATE_HZ
from stream_engine.wire import Failure, Motion, decode_event

PATIENCE_S = 60.0
"""Longest wait for a server that does not come up."""

_SPOKEN_S = 1.0
_LISTENING = re.compile(r"listening on http://(\S+)/")


@dataclass(frozen=True, slots=True)
class StartTimes:
    """Of one start, seconds after the command was called.

    Attributes:
        listening_s: The server takes connections.
        motion_s: A client that came at once and said a second of speech has its first motion.
    """

    listening_s: float
    motion_s: float


def time_start(speech: F32, config: Path | None = None) -> StartTimes:
    """Start a server in a process of its own, speak to it, end it.

    Args:
        speech: 16 kHz mono, float32 [N].
        config: TOML file of settings for it.

    Returns:
        When what was there.

    Raises:
        TransportError: If it does not come up, or gives no motion.
    """
    began = time.perf_counter()
    with _serving(config) as address:
        listening = time.perf_counter()
        pcm = (speech[: int(_SPOKEN_S * MODEL_RATE_HZ)] * 32767.0).astype("<i2").tobytes()
        _first_motion(address, pcm)
        moved = time.perf_counter()
    return StartTimes(listening - began, moved - began)


@contextmanager
def _serving(config: Path | None) -> Iterator[str]:
    command = [sys.executable, "-m", "stream_engine", "serve", "--port", "0"]
    if config is not None:
        command += ["--config", str(config)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            said = []
            for line in server.stderr:
                said.append(line)
                if found := _LISTENING.search(line):
                    yield found[1]
                    return
            raise TransportError(
                "the server did not come up",
                got="".join(said[-3:]).strip(),
                fix="see why with: elocute serve",
            )
        finally:
            server.terminate()


def _first_motion(address: str, pcm: bytes) -> None:
    """Say something and wait for the first motion."""
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    url = f"ws://{address}/v1/speech?rate={MODEL_RATE_HZ}"
    try:
        # Without a bound on what is not read yet: a full queue would hold up the closing.
        with connect(url, open_timeout=PATIENCE_S, max_queue=None) as socket:
            socket.send(pcm)
            while True:
                message = decode_event(str(socket.recv(timeout=PATIENCE_S)))
                if isinstance(message, Motion):
                    return
                if isinstance(message, Failure):
                    raise TransportError("the server refused", got=message.error.message)
    except (OSError, WebSocketException, StreamEngineError) as error:
        raise TransportError("no motion came", got=str(error)) from error


def summary(starts: list[StartTimes]) -> str:
    """One line: median, shortest and longest."""
    parts = []
    for name in ("listening_s", "motion_s"):
        values = np.array([getattr(start, name) for start in starts])
        what = name.removesuffix("_s")
        parts.append(f"{what} {np.median(values):.2f} s ({values.min():.2f}..{values.max():.2f})")
    return f"{len(starts)} starts, median (range): " + ", first ".join(parts)
