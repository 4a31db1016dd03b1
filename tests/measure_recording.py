"""What recording costs: ``python -m tests.measure_recording`` prints sizes and times.

Sizes are of the shipped sample as each door hears it, with everything else that stands in a file;
times are of one thread that writes, works and delivers for many sessions, with stages that cost
next to nothing, so that what is recorded shows.
"""

import statistics
import sys
import time

import numpy as np

from stream_engine.assemble import Assembly
from stream_engine.audio.file_source import FileSource
from stream_engine.audio.resampler import Resampler
from stream_engine.batching.lane import Lane, deliver
from stream_engine.batching.watched_slots import WatchedSlots, WatchedStages
from stream_engine.config import EngineConfig
from stream_engine.engine import Engine, LaneOrder
from stream_engine.protocols import Stages
from stream_engine.recording.content import Head
from stream_engine.recording.samples import pack_samples
from stream_engine.recording.tape import Tape
from stream_engine.recording.writer import Writer
from stream_engine.service_config import RecordingConfig
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import F32, MODEL_RATE_HZ, AudioChunk, MotionFrames
from tests.fakes.clock import ManualClock
from tests.fakes.recording import MemoryDisk
from tests.fakes.stages import FakeStages
from tests.paths import SAMPLE

SESSIONS, FRAMES, ROUNDS = 32, 150, 7


class Nobody:
    """Implements `MotionSink`."""

    def push(self, frames: MotionFrames) -> None:
        """Nothing."""

    def finish(self) -> None:
        """Nothing."""

    def fail(self, error: Exception) -> None:
        """Nothing."""


def resampled(samples: F32, rate_hz: int, to_hz: int) -> F32:
    """At another rate, as the doors do it."""
    chunks = Resampler(rate_hz, to_hz).feed(AudioChunk(0, samples, rate_hz))
    return np.concatenate([chunk.samples for chunk in chunks])


def as_pcm16(samples: F32) -> F32:
    """What comes in as PCM16."""
    scale = np.float32(32768.0)
    return (samples * scale).clip(-32768, 32767).astype(np.int16).astype(np.float32) / scale


def heard() -> dict[str, F32]:
    """The sample as the model hears it, by way in."""
    with FileSource(SAMPLE) as source:
        rate_hz = source.rate_hz
        samples = np.concatenate([chunk.samples for chunk in source.chunks()])
    ways = {"silence": np.zeros(10 * MODEL_RATE_HZ, np.float32)}
    for name, rate in (("PCM16, 16 kHz", 16_000), ("PCM16, 24 kHz", 24_000), ("48 kHz", 48_000)):
        there = as_pcm16(samples if rate == rate_hz else resampled(samples, rate_hz, rate))
        ways[name] = there if rate == MODEL_RATE_HZ else resampled(there, rate, MODEL_RATE_HZ)
    return ways


def megabytes_an_hour(samples: F32) -> float:
    """Of speech alone, packed a second at a time."""
    blocks = [samples[at : at + MODEL_RATE_HZ] for at in range(0, len(samples), MODEL_RATE_HZ)]
    size = sum(len(pack_samples(block)) for block in blocks)
    return size / len(samples) * MODEL_RATE_HZ * 3600 / 1e6


def megabytes_an_hour_of_motion() -> float:
    """Of the shipped model saying the sample, packed a second at a time."""
    stream = Assembly(EngineConfig()).motion_stream("balanced")
    with FileSource(SAMPLE) as source:
        runs = [run for chunk in source.chunks() for run in stream.feed(chunk)]
    motion = np.concatenate([run.coefficients for run in runs])
    size = sum(len(pack_samples(motion[at : at + 25].ravel())) for at in range(0, len(motion), 25))
    return size / len(motion) * 25 * 3600 / 1e6


def run(stages: Stages, recorded: bool) -> tuple[float, float, int]:
    """Microseconds a window, those of packing and writing, bytes of everything but speech."""
    clock, tally, disk = ManualClock(), Tally(), MemoryDisk()
    engine = Engine(stages, SESSIONS, clock, tally, deliver)
    writer = Writer(RecordingConfig("memory"), disk, tally, clock, waiting=1 << 30)
    lanes: list[Lane] = []
    for number in range(SESSIONS):
        lane = engine.add(LaneOrder("balanced", Nobody(), Tally(tally)))
        if recorded and isinstance(lane.slots, WatchedSlots):
            head = Head(str(number), "", "balanced", 0, "neutral", 0.7, 1.0, 1, True, "", "")
            lane.observer = tape = Tape(writer, lane, head, 3600.0)
            lane.slots.watch(lane.row, tape)
        lanes.append(lane)
    speech = np.random.default_rng(0).normal(0, 0.1, 640).astype(np.float32)
    began = time.process_time()
    for _ in range(FRAMES):
        for lane in lanes:
            for at in range(0, 640, 160):
                lane.write(speech[at : at + 160], clock.now())
        engine.run_once()
        clock.advance(0.04)
    spent = time.process_time() - began
    for lane in lanes:
        if isinstance(lane.observer, Tape):
            lane.observer.finish(None)
    began = time.process_time()
    writer.work()
    writer.tick()
    wrote = time.process_time() - began
    size = sum(len(film.data) for film in disk.films.values())
    size -= SESSIONS * sum(len(pack_samples(np.tile(speech, 25))) for _ in range(FRAMES // 25))
    windows = SESSIONS * FRAMES
    return 1e6 * spent / windows, 1e6 * wrote / windows, size


def main() -> None:
    """Print everything."""
    for name, samples in heard().items():
        say(f"{name:14} {megabytes_an_hour(samples):7.1f} MB of speech an hour")
    say(f"{'motion':14} {megabytes_an_hour_of_motion():7.1f} MB an hour, where it is wanted")
    kinds = {
        "recording off": (FakeStages(), False),
        "allowed, not asked for": (WatchedStages(FakeStages()), False),
        "every session recorded": (WatchedStages(FakeStages()), True),
    }
    found: dict[str, list[tuple[float, float, int]]] = {name: [] for name in kinds}
    for _ in range(ROUNDS):
        for name, (stages, recorded) in kinds.items():
            found[name].append(run(stages, recorded))
    for name, runs in found.items():
        door, wrote, size = (statistics.median(values) for values in zip(*runs, strict=True))
        hour = size / (SESSIONS * FRAMES) * 25 * 3600 / 1e6
        besides = f"; {hour:.1f} MB an hour besides speech" if size > 0 else ""
        say(f"{name:24} {door:6.1f} us a window, {wrote:6.1f} on the writer's thread{besides}")


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
