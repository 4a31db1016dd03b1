"""Sessions that speak in real time, each at its own moment, and how long their windows take."""

import time
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stream_engine.batching.lane import Lane, deliver
from stream_engine.engine import LaneOrder
from stream_engine.engine_pool import EnginePool
from stream_engine.motion.window import LatencyProfile, profile_named
from stream_engine.protocols import Clock, Stages
from stream_engine.session import PATIENCE_FRAMES
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import F32, MOTION_FPS, SAMPLES_PER_FRAME, MotionFrames

PACKET_S = 0.02
_PACKET = SAMPLES_PER_FRAME // 2
COLD_FRAMES = MOTION_FPS
"""Frames of the first second, told apart: everything is touched for the first time."""

_DRAIN_S = 0.3

SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}


class Pace(Protocol):
    """How time passes while the engine works."""

    def start(self, engine: EnginePool) -> None:
        """Begin."""
        ...

    def wait(self, engine: EnginePool, until_s: float) -> None:
        """Let time pass until then, the engine at work meanwhile."""
        ...

    def stop(self, engine: EnginePool) -> None:
        """End."""
        ...


class RealTime:
    """The engines' own threads, under a clock on the wall.

    Args:
        clock: Tells the time that ``time.sleep`` lets pass.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def start(self, engine: EnginePool) -> None:
        """Start the threads."""
        engine.start()

    def wait(self, engine: EnginePool, until_s: float) -> None:
        """Sleep."""
        time.sleep(max(0.0, until_s - self._clock.now()))

    def stop(self, engine: EnginePool) -> None:
        """Stop the threads."""
        engine.stop()


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of the engine.

    Attributes:
        profile: Latency profile by name.
        sessions: How many speak.
        seconds: How long, the first being cold.
        speech: 16 kHz mono, float32 [N]; each session begins elsewhere in it.
        seed: Of the moments at which they begin.
    """

    profile: str
    sessions: int
    seconds: float
    speech: F32
    seed: int = 0


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What came of it.

    Attributes:
        sessions: How many there were.
        windows: Warm windows that were due.
        missed: Of these, made later than the hop they should have taken, or never.
        latency_ms: From the last sample of a window to its motion; by share, warm windows made.
        cold_ms: The longest of the first second.
        batch: Mean windows in a call of the model.
        shed: Share of the calls' windows that were made more cheaply than wanted.
        load_late_ms: How late the speech itself came at most: tens of ms say that whoever speaks
            had too little of the machine.
    """

    sessions: int
    windows: int
    missed: int
    latency_ms: dict[str, float]
    cold_ms: float
    batch: float
    shed: float
    load_late_ms: float

    def fits(self, hop_ms: float) -> bool:
        """Whether 99 of 100 windows took less than their hop."""
        return self.missed <= 0.01 * self.windows and self.latency_ms["p99"] < hop_ms


class _Speaker:
    """One session: says its packets, remembers when each frame was said and made."""

    def __init__(self, engine: EnginePool, load: Load, clock: Clock, at: int) -> None:
        frames = int(load.seconds * MOTION_FPS)
        self._speech, self._packets = load.speech, 2 * frames
        self._start = at * 7919 % max(1, len(load.speech) - 1)
        self._clock = clock
        self._spoken = 0
        self.said_s = np.full(frames, np.nan)
        self.made_s = np.full(frames, np.nan)
        # As live sessions: who waits longer is skipped, and that is a window missed.
        order = LaneOrder(load.profile, self, Tally(), patience_frames=PATIENCE_FRAMES)
        self.lane: Lane = engine.add(order)

    def speak(self) -> bool:
        """Say the next packet; whether that completed a frame."""
        if self._spoken == self._packets:
            return False
        now, at = self._clock.now(), self._start + self._spoken * _PACKET
        samples = self._speech.take(np.arange(at, at + _PACKET), mode="wrap")
        self.lane.write(samples, now)
        self._spoken += 1
        if self._spoken % 2 == 0:
            self.said_s[self._spoken // 2 - 1] = now
        return self._spoken % 2 == 0

    def push(self, frames: MotionFrames) -> None:
        """`MotionSink`."""
        self.made_s[frames.start : frames.start + len(frames.coefficients)] = self._clock.now()

    def finish(self) -> None:
        """`MotionSink`: it never ends its speech."""

    def fail(self, error: Exception) -> None:
        """`MotionSink`."""
        raise error


def run_load(load: Load, stages: Stages, clock: Clock, pace: Pace) -> LoadReport:
    """Let sessions speak and measure.

    Args:
        load: What is asked.
        stages: Makes the model's slots.
        clock: Wall time, or a simulated one.
        pace: Lets it pass.

    Returns:
        What came of it.

    Raises:
        ConfigError: If there is no such profile.
    """
    profile, tally = profile_named(load.profile), Tally()

    engine = EnginePool(stages, load.sessions, clock, tally, deliver)
    speakers = [_Speaker(engine, load, clock, at) for at in range(load.sessions)]
    pace.start(engine)
    try:
        late = _speak(speakers, engine, load, clock, pace)
    finally:
        pace.stop(engine)
    batches, windows = (tally.count(f"engine_{name}_total") for name in ("batches", "windows"))
    said, made = (np.stack([getattr(s, name) for s in speakers]) for name in ("said_s", "made_s"))
    latency = window_latency_ms(said, made, profile)
    cold, warm = latency[:, :COLD_FRAMES], latency[:, COLD_FRAMES:]
    return LoadReport(
        sessions=load.sessions,
        windows=warm.size,
        missed=int(np.count_nonzero(~(warm < hop_ms(profile)))),
        latency_ms={name: _quantile(warm, share) for name, share in SHARES.items()},
        cold_ms=_quantile(cold, 1.0),
        batch=windows / max(1, batches),
        shed=tally.count("engine_windows_shed_total") / max(1, windows),
        load_late_ms=1000.0 * late,
    )


def _speak(
    speakers: list[_Speaker], engine: EnginePool, load: Load, clock: Clock, pace: Pace
) -> float:
    """Let everybody say everything; how late a packet was at most, seconds."""
    profile = profile_named(load.profile)
    random = np.random.default_rng(load.seed)
    # A window is due somewhere in its hop: at so many packets and a part of one.
    first = random.integers(0, 2 * profile.hop_frames, load.sessions)
    moment_s = random.uniform(0.0, PACKET_S, load.sessions)
    order = np.argsort(moment_s)
    began, late = clock.now() + PACKET_S, 0.0
    for period in range(int(load.seconds / PACKET_S) + 2 * profile.hop_frames):
        for at in order:
            if period < first[at]:
                continue
            due = began + period * PACKET_S + float(moment_s[at])
            if due > clock.now():
                pace.wait(engine, due)
            late = max(late, clock.now() - due)
            if speakers[at].speak():
                speakers[at].lane.owner.wake()
    pace.wait(engine, clock.now() + _DRAIN_S)
    return late


def hop_ms(profile: LatencyProfile) -> float:
    """Milliseconds of speech in a hop: what a window may take."""
    return profile.hop_frames * 1000.0 / MOTION_FPS


def window_latency_ms(
    said_s: NDArray[np.float64], made_s: NDArray[np.float64], profile: LatencyProfile
) -> NDArray[np.float64]:
    """How long each frame's window took, from its last sample to its motion.

    Args:
        said_s: When each frame had been said, float64 [N, T].
        made_s: When its motion was there, NaN if never, float64 [N, T].
        profile: Hop and lookahead.

    Returns:
        Milliseconds, float64 [N, T'], of the frames whose window was said wholly.
    """
    hop, frames = profile.hop_frames, np.arange(said_s.shape[1])
    last = ((frames + profile.lookahead_frames) // hop + 1) * hop - 1
    whole = last < said_s.shape[1]
    latency: NDArray[np.float64] = 1000.0 * (made_s[:, whole] - said_s[:, last[whole]])
    return latency


def _quantile(latency: NDArray[np.float64], share: float) -> float:
    made = latency[np.isfinite(latency)]
    return float(np.quantile(made, share)) if len(made) else float("inf")
