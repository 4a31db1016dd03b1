"""Real sessions over WebRTC on loopback: the server here, whoever calls in another process."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stream_engine.config import EngineConfig
from stream_engine.cores import shared_cores
from stream_engine.errors import TransportError
from stream_engine.household import Household
from stream_engine.protocols import Stages
from stream_engine.server import SHUTDOWN_S, QuietServer, bind, create_app
from stream_engine.transport.caller import LOOPBACK, only_loopback

START_S = 60.0
"""Longest wait for server and caller beside the talk itself."""


@dataclass(frozen=True, slots=True)
class LiveRun:
    """What happened.

    Attributes:
        began_ns: When everybody was connected, ``time.monotonic_ns``.
        ended_ns: When everybody stopped talking.
        pictures: Whole pictures the caller received in between.
        counts: The server's own.
    """

    began_ns: int
    ended_ns: int
    pictures: int
    counts: dict[str, int]


def run_live(
    stages: Stages, config: EngineConfig, speech: Path, seconds: float, sessions: int
) -> LiveRun:
    """Serve callers that talk.

    Args:
        stages: Makes the parts of a session.
        config: Settings; its server listens on a free port of the loopback interface.
        speech: What is said.
        seconds: How long.
        sessions: By how many.

    Returns:
        What happened.

    Raises:
        RenderError: If OpenGL cannot be had.
        TransportError: If the caller could not call, or saw nothing.
    """
    with _serving(stages, config) as (url, house):
        options = {"profile": config.motion.profile, "seconds": seconds, "sessions": sessions}
        given = [word for key, value in options.items() for word in (f"--{key}", f"{value}")]
        command = [sys.executable, "-m", "stream_engine.transport.caller", url, *given]
        heard = _called([*command, "--speech", str(speech)], seconds + START_S)
        counts = house.tally.counts()
    if not heard["pictures"]:
        raise TransportError("the caller saw no picture", got=f"{heard['packets']} packets")
    began, ended = (int(heard[key] * 1e9) for key in ("began_s", "ended_s"))
    return LiveRun(began, ended, int(heard["pictures"]), counts)


def _called(command: list[str], patience_s: float) -> dict[str, float]:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=patience_s, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TransportError("the caller did not come to an end", got=str(error)[-200:]) from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise TransportError("the caller failed", got=lines[-1])
    heard: dict[str, float] = json.loads(done.stdout)
    return heard


@contextmanager
def _serving(stages: Stages, config: EngineConfig) -> Iterator[tuple[str, Household]]:
    listener, ready = bind(config.server), threading.Event()
    port = listener.getsockname()[1]
    with listener, only_loopback(), shared_cores():
        app = create_app(stages, config)
        app.state.house.start()  # here, where a missing OpenGL says so
        server = QuietServer(app, listener, lambda url: ready.set())
        thread = threading.Thread(target=server.run, args=([listener],), name="loop")
        thread.start()
        try:
            if not ready.wait(START_S):
                raise TransportError("the server did not start", got=f"nothing for {START_S:g} s")
            yield f"http://{LOOPBACK}:{port}/", app.state.house
        finally:
            server.should_exit = True
            thread.join(START_S + SHUTDOWN_S)
