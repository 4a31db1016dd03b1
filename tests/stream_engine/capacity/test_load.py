"""Load on a simulated machine whose speed is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from stream_engine.assemble import Assembly
from stream_engine.capacity.load import Load, LoadReport, RealTime, run_load, window_latency_ms
from stream_engine.clock import MonotonicClock
from stream_engine.config import EngineConfig
from stream_engine.engine_pool import EnginePool
from stream_engine.errors import ConfigError
from stream_engine.motion.slots import Slots
from stream_engine.motion.window import PROFILES, profile_named
from stream_engine.protocols import MotionSlots
from stream_engine.types import F32
from tests.fakes.clock import ManualClock
from tests.fakes.stages import FakeStages, LoudnessSlots

SPEECH = np.random.default_rng(0).uniform(-0.1, 0.1, 40_000).astype(np.float32)


class SlowSlots(LoudnessSlots):
    """Takes 2 ms for each batch and so much for each session of it."""

    def __init__(self, profile: str, capacity: int, clock: ManualClock, each_s: float) -> None:
        super().__init__(profile_named(profile), capacity)
        self._clock, self._each_s = clock, each_s

    def advance(
        self, slots: Slots, samples: F32, ended: NDArray[np.bool_] | None = None, level: int = 0
    ) -> F32:
        self._clock.advance(0.002 + self._each_s * len(slots))
        return super().advance(slots, samples, ended, level)


class Simulated:
    """Implements `Pace`: the engine is worked by hand, and time passes only as it works."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock

    def start(self, engine: EnginePool) -> None:
        """Nothing runs by itself."""

    def wait(self, engine: EnginePool, until_s: float) -> None:
        while engine.engines[0].step() and self._clock.now() < until_s:
            pass
        self._clock.advance(max(0.0, until_s - self._clock.now()))

    def stop(self, engine: EnginePool) -> None:
        """Nothing ran by itself."""


class SlowStages(FakeStages):
    def __init__(self, clock: ManualClock, each_s: float, shed: bool) -> None:
        self._clock, self._each_s, self._shed = clock, each_s, shed

    def motion_slots(self, profile: str, capacity: int) -> MotionSlots:
        slots = SlowSlots(profile, capacity, self._clock, self._each_s)
        slots.levels = 2 if self._shed else 1
        return slots


def simulated(
    sessions: int, each_s: float, profile: str = "balanced", shed: bool = False
) -> LoadReport:
    """Four seconds of load on such a machine, without waiting for them."""
    clock = ManualClock()
    load = Load(profile, sessions, 4.0, SPEECH)
    return run_load(load, SlowStages(clock, each_s, shed), clock, Simulated(clock))


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_an_idle_machine_takes_what_one_window_takes(profile: str) -> None:
    """3 ms for a session alone, in every window; nothing is missed, nothing is lost."""
    report = simulated(1, 0.001, profile)
    assert report.latency_ms == pytest.approx(dict.fromkeys(report.latency_ms, 3.0), abs=0.01)
    assert (report.missed, report.batch) == (0, 1.0)
    assert report.windows >= 25 * 3 - 8
    assert report.fits(40.0)


def test_windows_wait_for_each_other_and_share_calls_as_it_fills() -> None:
    """More sessions: longer waits, larger batches, until it does not fit any more."""
    reports = [simulated(sessions, 0.001) for sessions in (1, 10, 30, 60)]
    p99 = [report.latency_ms["p99"] for report in reports]
    batch = [report.batch for report in reports]
    assert p99 == sorted(p99)
    assert batch == sorted(batch)
    assert [report.fits(40.0) for report in reports] == [True, True, True, False]
    assert reports[-1].missed > 0.2 * reports[-1].windows


def test_quality_that_gives_way_makes_room_and_says_so() -> None:
    """Sixty sessions that do not fit: hardly a window is missed, most are made more cheaply."""
    strict, yielding = simulated(60, 0.001), simulated(60, 0.001, shed=True)
    assert strict.shed == 0.0
    assert yielding.shed > 0.5
    assert yielding.missed < 0.3 * strict.missed


def test_latency_runs_from_a_windows_last_sample() -> None:
    """Frame 0 of `quality` (2 + 6) is made with frame 7; who never was is not a number."""
    said = np.arange(16, dtype=np.float64)[None]
    made = said + 7.5
    made[0, 3] = np.nan
    latency = window_latency_ms(said, made, PROFILES["quality"])
    assert latency.shape == (1, 10)
    assert latency[0, :3].tolist() == [500.0, 1500.0, 500.0]
    assert np.isnan(latency[0, 3])


def test_an_unknown_profile_is_refused() -> None:
    """Before anyone speaks."""
    with pytest.raises(ConfigError, match="hasty"):
        simulated(1, 0.001, "hasty")


@pytest.mark.slow
def test_the_real_engine_under_a_real_clock() -> None:
    """Three sessions of the shipped model for two seconds: every window is made."""
    clock, load = MonotonicClock(), Load("balanced", 3, 2.0, SPEECH)
    report = run_load(load, Assembly(EngineConfig()), clock, RealTime(clock))
    assert report.windows > 3 * 20
    assert 0.5 < report.latency_ms["p50"] < 2000.0
