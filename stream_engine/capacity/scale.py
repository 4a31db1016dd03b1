"""What a session costs when there are few, and when there are many: more than a machine can keep.

Sessions speak under a *work clock*: it stands but while the engine works, and is set forward to
the next packet of speech when the engine has nothing to do. So every window of every session is
made by the real model, in the batches that a machine would have made that is so many times as fast:

    engine works     ▓▓▓▓▓▓▓▓▓▓          ▓▓▓▓▓▓          clock: its processor time / speed
    nothing is due             ├────────┤      ├───      clock: jumps

Processor time is what it is here, whatever the speed; other programs do not lengthen it by taking
turns. Where models do not run on the processor, real time is taken instead.
"""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass

from stream_engine.batching.lane_table import row_bytes
from stream_engine.capacity.load import COLD_FRAMES, Load, LoadReport, run_load
from stream_engine.capacity.resident import resident_bytes
from stream_engine.engine_pool import EnginePool
from stream_engine.errors import ConfigError
from stream_engine.motion.session_slots import SessionSlots
from stream_engine.motion.window import profile_named
from stream_engine.protocols import Stages
from stream_engine.types import MOTION_FPS

SESSIONS = (1, 10, 100, 1000)

KEPT = 20
"""Sessions an engine thread of one core keeps with time to spare; for more, the clock is slower."""


class WorkClock:
    """Implements `Clock`: goes while work goes on, and stands or is set otherwise.

    Args:
        speed: How many times as fast as this machine the one is whose time it tells.
        timer: How long work takes: processor time by default.
    """

    def __init__(self, speed: float, timer: Callable[[], float] = time.process_time) -> None:
        self.speed = speed
        self._timer = timer
        self._now_s = 0.0
        self._began_s: float | None = None

    def now(self) -> float:
        """Seconds that never go back."""
        if self._began_s is None:
            return self._now_s
        return self._now_s + (self._timer() - self._began_s) / self.speed

    def work(self, step: Callable[[], bool]) -> bool:
        """Do something that takes time; what it returned."""
        self._began_s = self._timer()
        try:
            return step()
        finally:
            self._now_s, self._began_s = self.now(), None

    def reach(self, now_s: float) -> None:
        """Let time pass in which nothing is done."""
        self._now_s = max(self._now_s, now_s)


class WorkTime:
    """Implements `Pace` under a work clock, and counts the processor time of the engine's work.

    Args:
        clock: Is moved on.
        counted_s: Work that begins between these times after the start counts.
        cpu: Processor time of the process.
    """

    def __init__(
        self,
        clock: WorkClock,
        counted_s: tuple[float, float],
        cpu: Callable[[], float] = time.process_time,
    ) -> None:
        self._clock, self._counted_s, self._cpu = clock, counted_s, cpu
        self._began_s = 0.0
        self.cpu_s, self.batches, self.resident = 0.0, 0, 0

    def start(self, engine: EnginePool) -> None:
        """Nothing runs by itself."""
        del engine
        self._began_s = self._clock.now()

    def wait(self, engine: EnginePool, until_s: float) -> None:
        """Work off what is due; the rest of the time nothing happens."""
        while self._clock.now() < until_s and self._worked(engine):
            pass
        self._clock.reach(until_s)

    def stop(self, engine: EnginePool) -> None:
        """Nothing ran by itself; all sessions are still there."""
        del engine
        self.resident = resident_bytes()

    def _worked(self, engine: EnginePool) -> bool:
        at = self._clock.now() - self._began_s
        began = self._cpu()
        worked = self._clock.work(engine.engines[0].step)
        if self._counted_s[0] <= at < self._counted_s[1]:
            self.cpu_s += self._cpu() - began
            self.batches += worked
        return worked


@dataclass(frozen=True, slots=True)
class ScaleReport:
    """What so many sessions cost.

    Attributes:
        profile: Latency profile by name.
        sessions: How many.
        speed: How many times as fast as this machine the one is whose latency is told.
        cpu_ms: Processor time of the engine's work for a second of one session's speech, here;
            too little where windows were missed, as skipped ones cost nothing.
        batch_ms: Processor time of a mean batch, here.
        stated_bytes: Memory of a session, by the sizes of what is kept of it.
        grown_bytes: Growth of the process's memory, for each session; 0 if not known.
        load: Latency and the rest, on the machine that is so many times as fast.
    """

    profile: str
    sessions: int
    speed: float
    cpu_ms: float
    batch_ms: float
    stated_bytes: int
    grown_bytes: int
    load: LoadReport


def timer_of(backend: str) -> Callable[[], float]:
    """What tells how long a backend works: processor time if it is on the processor."""
    return time.process_time if backend in ("onnxruntime-cpu", "torch") else time.perf_counter


def measure(load: Load, stages: Stages, stated_bytes: int) -> ScaleReport:
    """Let sessions speak under a work clock; the first second is not counted.

    Args:
        load: What is asked; more than a second of it.
        stages: Makes the model's slots, for one engine thread.
        stated_bytes: Memory of a session, by the sizes of what is kept of it.

    Returns:
        What it cost.

    Raises:
        ConfigError: If there is no such profile, or more than one engine thread.
    """
    if stages.engine_threads != 1:
        raise ConfigError("a work clock is one thread's", got=str(stages.engine_threads))
    clock = WorkClock(max(1.0, load.sessions / KEPT), timer_of(stages.setting.backend))
    begun_s = (COLD_FRAMES + 2 * profile_named(load.profile).hop_frames) / MOTION_FPS
    pace = WorkTime(clock, (begun_s, load.seconds))
    gc.collect()  # the sessions of the trial before
    before = resident_bytes()
    report = run_load(load, stages, clock, pace)
    return ScaleReport(
        profile=load.profile,
        sessions=load.sessions,
        speed=clock.speed,
        cpu_ms=1000.0 * pace.cpu_s / (load.sessions * (load.seconds - begun_s)),
        batch_ms=1000.0 * pace.cpu_s / max(1, pace.batches),
        stated_bytes=stated_bytes,
        grown_bytes=max(0, pace.resident - before) // load.sessions,
        load=report,
    )


def stated_bytes(slots: SessionSlots) -> int:
    """Memory of a session: its slot, and its row of audio and motion."""
    return slots.slot_bytes + row_bytes()


HEAD = (
    "sessions   CPU ms a s   kB each   grown kB   p50    p99 ms   missed  batch  its CPU ms  speed"
)


def line(report: ScaleReport) -> str:
    """A row of the table under `HEAD`."""
    load, latency = report.load, report.load.latency_ms
    cost = f"{report.sessions:8d} {report.cpu_ms:12.1f} {report.stated_bytes / 1000:9.0f}"
    memory = f"{report.grown_bytes / 1000:10.0f}"
    times = f"{latency['p50']:6.1f} {latency['p99']:6.1f} {f'{load.missed}/{load.windows}':>11}"
    return f"{cost} {memory} {times} {load.batch:6.1f} {report.batch_ms:11.1f} {report.speed:6.1f}"
