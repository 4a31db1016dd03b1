import threading
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.audio.ring_buffer import RingBuffer
from stream_engine.engine import Engine, Lane
from stream_engine.errors import ConfigError
from stream_engine.motion.arkit import INDEX
from stream_engine.motion.emotion import Manner
from stream_engine.motion.window import PROFILES, profile_named
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import AudioChunk, MotionFrames
from tests.contracts.stream_contract import join_motion, run_in_chunks
from tests.fakes.clock import ManualClock
from tests.fakes.stages import LoudnessMotion

RATE = 16_000


@given(st.lists(st.integers(0, 30_000), max_size=6), st.sampled_from(sorted(PROFILES)))
@settings(max_examples=25, deadline=None)
def test_the_fake_motion_stream_keeps_the_law_of_streams(cuts: list[int], profile: str) -> None:
    """Chunked = whole, so what passes with the fake passes for the right reason."""
    samples = np.random.default_rng(3).uniform(-0.2, 0.2, 30_000).astype(np.float32)

    def make() -> LoudnessMotion:
        return LoudnessMotion(profile_named(profile))

    whole = run_in_chunks(make, samples, [], RATE, join_motion)
    chunked = run_in_chunks(make, samples, cuts, RATE, join_motion)
    np.testing.assert_array_equal(chunked, whole)


class ListSink:
    """Implements `MotionSink`; keeps everything, has room when told."""

    def __init__(self) -> None:
        self.frames: list[MotionFrames] = []
        self.open = True
        self.finished = False

    def room(self) -> bool:
        return self.open

    def push(self, frames: MotionFrames) -> None:
        self.frames.append(frames)

    def finish(self) -> None:
        self.finished = True

    def starts(self) -> list[int]:
        return [f.start + k for f in self.frames for k in range(len(f.coefficients))]


class Bench:
    """An engine that is run by hand, and one lane."""

    def __init__(self, profile: str = "balanced", seconds: float = 2.0) -> None:
        self.engine = Engine(ManualClock())
        self.sink = ListSink()
        self.tally = Tally()
        self.errors: list[Exception] = []
        self.ring = RingBuffer(int(seconds * RATE))
        self.stream = LoudnessMotion(profile_named(profile))
        hop = profile_named(profile).hop_frames
        self.lane = Lane(
            self.ring, self.stream, RATE, hop, self.sink, self.tally, self.errors.append
        )
        self.engine.add(self.lane)

    def speak(self, count: int, level: float = 0.05) -> None:
        self.ring.append(np.full(count, level, np.float32))


@given(
    st.lists(st.integers(0, 9000), max_size=10), st.sampled_from(["ultra", "balanced", "quality"])
)
@settings(max_examples=40, deadline=None)
def test_every_frame_comes_once_and_in_order(sizes: list[int], profile: str) -> None:
    """However the audio comes, the frames are 0, 1, 2, … and all of them at the end."""
    bench = Bench(profile)
    for size in sizes:
        bench.speak(size)
        bench.engine.run_once()
    bench.lane.end()
    bench.engine.run_once()
    assert bench.sink.starts() == list(range(sum(sizes) // 640))
    assert bench.sink.finished
    assert not bench.errors


def test_without_room_audio_waits_in_the_ring() -> None:
    """A full queue stops the feeding, nothing else; room lets it go on."""
    bench = Bench()
    bench.sink.open = False
    bench.speak(RATE)
    bench.engine.run_once()
    assert bench.lane.position == 0
    bench.sink.open = True
    bench.engine.run_once()
    assert bench.lane.position == RATE


def test_audio_that_was_overwritten_is_skipped_and_frames_keep_their_time() -> None:
    """3 s into a 1 s ring: the frames that come are those of the newest audio."""
    bench = Bench(seconds=1.0)
    bench.speak(3 * RATE)
    bench.engine.run_once()
    bench.speak(RATE)
    bench.engine.run_once()
    starts = bench.sink.starts()
    assert starts == list(range(74, 74 + len(starts)))
    assert len(starts) >= 20
    assert bench.tally.count("audio_overwritten_samples_total") == 74 * 640


def test_an_impatient_lane_goes_on_with_the_newest_audio() -> None:
    """1.9 s wait where 0.5 s may: the rest is skipped, not worked off late."""
    bench = Bench()
    bench.lane.patience = RATE // 2
    bench.sink.open = False
    bench.speak(int(1.9 * RATE))
    bench.engine.run_once()
    bench.sink.open = True
    bench.engine.run_once()
    assert bench.tally.count("audio_overwritten_samples_total") == 47 * 640
    bench.speak(RATE // 4)
    bench.engine.run_once()
    starts = bench.sink.starts()
    assert starts[0] == 47  # 1.88 s, the first whole frame of the newest hop
    assert starts == list(range(47, 47 + len(starts)))


class Broken:
    """A stream that fails."""

    latency = 0

    def feed(self, value: AudioChunk) -> Sequence[MotionFrames]:
        raise ValueError("broken model")

    def finish(self) -> Sequence[MotionFrames]:
        return []

    def reset(self) -> None:
        """Nothing to forget."""

    def express(self, manner: Manner) -> None:
        """Nothing to show."""


def test_a_model_that_fails_ends_its_session_and_no_other() -> None:
    """The other lane goes on; the cause is told."""
    bench = Bench()
    errors: list[Exception] = []
    ring = RingBuffer(RATE)
    engine = bench.engine
    engine.add(Lane(ring, Broken(), RATE, 1, ListSink(), Tally(), errors.append))
    ring.append(np.zeros(5000, np.float32))
    bench.speak(5000)
    engine.run_once()
    assert [str(error) for error in errors] == ["broken model"]
    assert bench.sink.starts() == [0, 1, 2, 3, 4]


def test_a_removed_lane_is_left_alone() -> None:
    """After ``remove`` nothing is read."""
    bench = Bench()
    bench.engine.remove(bench.lane)
    bench.speak(RATE)
    bench.engine.run_once()
    assert bench.lane.position == 0


def test_the_thread_works_when_woken_and_stops() -> None:
    """Start, wake: the audio is read; stop: the thread ends."""
    bench = Bench()
    done = threading.Event()
    bench.sink.finish = done.set  # type: ignore[method-assign]
    bench.speak(RATE)
    bench.lane.end()
    bench.engine.start()
    bench.engine.wake()
    assert done.wait(5.0)
    bench.engine.stop()
    assert bench.lane.position == RATE
    assert "engine" not in [thread.name for thread in threading.enumerate()]


def test_a_manner_reaches_the_stream_with_the_next_hop() -> None:
    """Not before, on the thread that steps; the newest wins, a wrong one changes nothing."""
    bench = Bench()
    bench.speak(10 * 1920)
    bench.engine.run_once()
    bench.lane.express("happy", 0.2, None)
    bench.lane.express(None, 0.9, None)
    with pytest.raises(ConfigError):
        bench.lane.express("bored", None, None)
    shown = len(bench.sink.frames)
    bench.speak(10 * 1920)
    bench.engine.run_once()
    smile = [float(f.coefficients[0, INDEX["mouthSmileLeft"]]) for f in bench.sink.frames]
    assert smile[:shown] == [0.0] * shown
    assert smile[shown:] == [pytest.approx(0.9)] * (len(smile) - shown)
    assert len(smile) > shown
