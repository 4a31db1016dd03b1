"""Faults of one session, and of the machine, that others must not notice."""

import asyncio
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from stream_engine.assemble import Assembly
from stream_engine.batching.lane import Lane, deliver
from stream_engine.config import EngineConfig
from stream_engine.engine import Engine, LaneOrder
from stream_engine.motion.slots import Slots
from stream_engine.protocols import MotionSlots
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import F32, MODEL_RATE_HZ
from tests.fakes.clock import ManualClock
from tests.paths import ROOT
from tests.stream_engine.test_engine import ListSink

TALKERS = 10
LISTENING = re.compile(r"listening on http://localhost:(\d+)/")


class Breaking:
    """Implements `MotionSlots`: the shipped model, but it raises for one slot when told to."""

    def __init__(self, slots: MotionSlots) -> None:
        self._slots = slots
        self.levels = slots.levels
        self.begin, self.restart, self.express = slots.begin, slots.restart, slots.express
        self.broken: int | None = None

    def advance(
        self, slots: Slots, samples: F32, ended: NDArray[np.bool_] | None = None, level: int = 0
    ) -> F32:
        """Fail, or as the model."""
        if self.broken is not None and self.broken in slots:
            raise RuntimeError("a fault of one session")
        return self._slots.advance(slots, samples, ended, level)


class BreakingStages(Assembly):
    """The shipped stages with such slots."""

    def __init__(self) -> None:
        super().__init__(EngineConfig())
        self.slots: Breaking | None = None

    def motion_slots(self, profile: str, capacity: int) -> MotionSlots:
        self.slots = Breaking(super().motion_slots(profile, capacity))
        return self.slots


def spoken(break_second: bool) -> tuple[list[ListSink], Tally]:
    """Three sessions of the shipped model, side by side; the second breaks after a second."""
    stages, clock, tally = BreakingStages(), ManualClock(), Tally()
    engine = Engine(stages, 4, clock, tally, deliver)
    sinks = [ListSink() for _ in range(3)]
    lanes: list[Lane] = [engine.add(LaneOrder("balanced", sink, Tally())) for sink in sinks]
    voice = np.random.default_rng(5).normal(0.0, 0.1, (3, 2 * MODEL_RATE_HZ)).astype(np.float32)
    assert stages.slots is not None
    for frame in range(50):
        if frame == 25 and break_second:
            stages.slots.broken = lanes[1].row
        for lane, samples in zip(lanes, voice, strict=True):
            lane.write(samples[640 * frame : 640 * (frame + 1)], clock.now())
        engine.run_once()
        clock.advance(0.04)
    return sinks, tally


@pytest.mark.slow
def test_a_fault_in_one_session_leaves_the_others_motion_as_it_was_to_the_bit() -> None:
    """Those beside it in the very batch that failed get what they get without it."""
    calm, _ = spoken(break_second=False)
    hurt, _ = spoken(break_second=True)
    assert [str(error) for error in hurt[1].errors] == ["a fault of one session"]
    assert 0 < len(hurt[1].starts()) < len(calm[1].starts())
    for at in (0, 2):
        assert hurt[at].starts() == calm[at].starts()
        assert not hurt[at].errors
        for one, other in zip(hurt[at].frames, calm[at].frames, strict=True):
            assert np.array_equal(one.coefficients, other.coefficients)


@contextmanager
def served(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The real command, with two seconds for sessions to end by themselves."""
    config = folder / "elocute.toml"
    config.write_text(f"[server]\nmax_sessions = {TALKERS + 2}\ndrain_s = 2.0\n", "utf-8")
    command = [sys.executable, "-m", "stream_engine", "serve", "--port", "0"]
    with subprocess.Popen(
        [*command, "--config", str(config)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        try:
            found = next((it for line in server.stderr if (it := LISTENING.search(line))), None)
            assert found is not None, "the server did not start"
            yield server, f"ws://127.0.0.1:{found[1]}/v1/realtime?encoding=json"
        finally:
            server.kill()


@pytest.mark.slow
@pytest.mark.net
@pytest.mark.gl
def test_sigterm_during_ten_calls_tells_all_and_ends_in_time(tmp_path: Path) -> None:
    """All speak; each is told why and that it may try again; the process ends with 0."""
    moving: set[int] = set()
    all_move = asyncio.Event()

    async def talk(url: str, number: int) -> tuple[str, int]:
        said = ""
        async with connect(url) as line:
            sending = asyncio.create_task(_send(line))
            with suppress(ConnectionClosed):
                async for text in line:
                    event = json.loads(text)
                    if event["type"] == "response.motion.delta":
                        moving.add(number)
                        if len(moving) == TALKERS:
                            all_move.set()
                    if event["type"] == "error":
                        said = event["error"]["type"]
            sending.cancel()
            return said, line.close_code or 0

    async def talk_all(server: subprocess.Popen[str], url: str) -> list[tuple[str, int]]:
        talks = [asyncio.create_task(talk(url, number)) for number in range(TALKERS)]
        async with asyncio.timeout(60.0):
            await all_move.wait()
            server.send_signal(signal.SIGTERM)
            return await asyncio.gather(*talks)

    with served(tmp_path) as (server, url):
        ends = asyncio.run(talk_all(server, url))
        began = time.monotonic()
        assert server.wait(10.0) == 0
        assert time.monotonic() - began < 8.0
    assert ends == [("Draining", 1013)] * TALKERS


async def _send(line: ClientConnection) -> None:
    """Speak for as long as there is somebody."""
    with suppress(ConnectionClosed):
        while True:
            await line.send(bytes(960))
            await asyncio.sleep(0.02)
