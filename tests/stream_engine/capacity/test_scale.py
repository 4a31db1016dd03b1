"""Cost by sessions, on a machine whose cost is known."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from stream_engine.assemble import Assembly
from stream_engine.batching.lane_table import row_bytes
from stream_engine.capacity.load import Load, run_load
from stream_engine.capacity.scale import (
    HEAD,
    WorkClock,
    WorkTime,
    line,
    measure,
    stated_bytes,
    timer_of,
)
from stream_engine.config import EngineConfig, MotionConfig
from stream_engine.errors import ConfigError
from stream_engine.motion.slots import Slots
from stream_engine.motion.window import profile_named
from stream_engine.protocols import MotionSlots
from stream_engine.types import F32
from tests.fakes.clock import ManualClock
from tests.fakes.stages import FakeStages, LoudnessSlots

SPEECH = np.random.default_rng(0).uniform(-0.1, 0.1, 40_000).astype(np.float32)


class CostlySlots(LoudnessSlots):
    """A window takes 1 ms of real time."""

    levels = 1

    def __init__(self, profile: str, capacity: int, real: ManualClock) -> None:
        super().__init__(profile_named(profile), capacity)
        self._real = real

    def advance(
        self, slots: Slots, samples: F32, ended: NDArray[np.bool_] | None = None, level: int = 0
    ) -> F32:
        self._real.advance(0.001 * len(slots))
        return super().advance(slots, samples, ended, level)


class CostlyStages(FakeStages):
    def __init__(self, real: ManualClock) -> None:
        self._real = real

    def motion_slots(self, profile: str, capacity: int) -> MotionSlots:
        return CostlySlots(profile, capacity, self._real)


@pytest.mark.parametrize("sessions", [1, 10, 60])
def test_cost_is_counted_whatever_the_speed(sessions: int) -> None:
    """1 ms a window, 25 windows a second: 25 ms; sixty sessions are made on a machine so fast."""
    real = ManualClock()
    clock = WorkClock(max(1.0, sessions / 20), real.now)
    pace = WorkTime(clock, (1.08, 2.0), real.now)
    report = run_load(Load("balanced", sessions, 2.0, SPEECH), CostlyStages(real), clock, pace)
    assert 1000 * pace.cpu_s / (sessions * 0.92) == pytest.approx(25.0, rel=0.05)
    assert report.missed == 0
    if sessions == 1:
        assert report.latency_ms["p50"] == pytest.approx(1.0)


def test_the_clock_stands_but_while_work_is_done() -> None:
    """Twice as fast: half of what the work took, read inside or after it; never back."""
    real, seen = ManualClock(), []
    clock = WorkClock(2.0, real.now)

    def step() -> bool:
        real.advance(3.0)
        seen.append(clock.now())
        return True

    real.advance(7.0)
    assert clock.now() == 0.0
    assert clock.work(step)
    real.advance(7.0)
    assert (seen, clock.now()) == ([1.5], 1.5)
    clock.reach(1.0)
    assert clock.now() == 1.5
    clock.reach(4.0)
    assert clock.now() == 4.0


def test_a_backend_on_a_card_is_timed_by_the_wall() -> None:
    """Its processor rests meanwhile."""
    assert timer_of("onnxruntime-cpu") is timer_of("torch") is time.process_time
    assert timer_of("TensorRT 10") is time.perf_counter


def test_more_than_one_engine_thread_is_refused() -> None:
    """One clock, one thread."""
    stages = CostlyStages(ManualClock())
    stages.engine_threads = 2
    with pytest.raises(ConfigError, match="one thread"):
        measure(Load("balanced", 1, 2.0, SPEECH), stages, 0)


@pytest.mark.slow
def test_the_real_model_costs_something_and_every_window_is_made() -> None:
    """One session and four: processor time, memory, a line each."""
    stages = Assembly(EngineConfig(motion=MotionConfig(threads=1)))
    stated = stated_bytes(stages.motion_slots("balanced", 1))
    assert stated > row_bytes() + 200_000
    for sessions in (1, 4):
        report = measure(Load("balanced", sessions, 2.0, SPEECH), stages, stated)
        assert (report.sessions, report.speed) == (sessions, 1.0)
        assert 1.0 < report.cpu_ms < 5000.0
        assert len(line(report)) <= len(HEAD) + 4
    stages.close()
