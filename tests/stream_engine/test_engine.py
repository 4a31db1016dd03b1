import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stream_engine.assemble import Assembly
from stream_engine.batching.lane import Lane, deliver
from stream_engine.batching.lane_table import NEVER
from stream_engine.config import EngineConfig
from stream_engine.engine import Engine, LaneOrder
from stream_engine.errors import CapacityError, ConfigError
from stream_engine.motion.arkit import INDEX
from stream_engine.motion.emotion import Manner
from stream_engine.motion.slots import Slots
from stream_engine.motion.window import PROFILES, profile_named
from stream_engine.protocols import MotionSlots
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import F32, AudioChunk, MotionFrames
from tests.contracts.stream_contract import join_motion, run_in_chunks
from tests.fakes.clock import ManualClock
from tests.fakes.stages import FakeStages, LoudnessMotion, LoudnessSlots

RATE = 16_000
JAW, SMILE = INDEX["jawOpen"], INDEX["mouthSmileLeft"]


class ListSink:
    """Implements `MotionSink`; keeps everything."""

    def __init__(self) -> None:
        self.frames: list[MotionFrames] = []
        self.finished = 0
        self.errors: list[Exception] = []

    def push(self, frames: MotionFrames) -> None:
        self.frames.append(frames)

    def finish(self) -> None:
        self.finished += 1

    def fail(self, error: Exception) -> None:
        self.errors.append(error)

    def starts(self) -> list[int]:
        return [f.start + k for f in self.frames for k in range(len(f.coefficients))]

    def column(self, number: int) -> list[float]:
        return [float(row[number]) for f in self.frames for row in f.coefficients]


class Bench:
    """An engine that is run by hand."""

    def __init__(self, stages: Any = None, capacity: int = 4) -> None:
        self.tally = Tally()
        self.clock = ManualClock()
        self.engine = Engine(stages or FakeStages(), capacity, self.clock, self.tally, deliver)

    def join(
        self, profile: str = "balanced", patience: int = NEVER, waits: bool = False
    ) -> tuple[Lane, ListSink]:
        sink = ListSink()
        order = LaneOrder(profile, sink, Tally(self.tally), Manner(), patience, waits)
        return self.engine.add(order), sink

    def speak(self, lane: Lane, count: int, level: float = 0.05) -> None:
        lane.write(np.full(count, level, np.float32), self.clock.now())


@given(st.lists(st.integers(0, 30_000), max_size=6), st.sampled_from(sorted(PROFILES)))
@settings(max_examples=25, deadline=None)
def test_the_fake_motion_keeps_the_law_of_streams(cuts: list[int], profile: str) -> None:
    """Chunked = whole, and slots = stream: what passes with the fake does for the right reason."""
    samples = np.random.default_rng(3).uniform(-0.2, 0.2, 47 * 640).astype(np.float32)

    def make() -> LoudnessMotion:
        return LoudnessMotion(profile_named(profile))

    whole = run_in_chunks(make, samples, [], RATE, join_motion)
    chunked = run_in_chunks(make, samples, cuts, RATE, join_motion)
    np.testing.assert_array_equal(chunked, whole)
    bench = Bench()
    lane, sink = bench.join(profile)
    lane.write(samples, 0.0)
    lane.end(0.0)
    bench.engine.run_once()
    np.testing.assert_allclose(sink.column(JAW), whole[:, JAW], atol=1e-6)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 9000), st.booleans()), min_size=1, max_size=20
    )
)
@settings(max_examples=60, deadline=None)
def test_every_session_gets_every_frame_once_and_in_order(
    pieces: list[tuple[int, int, bool]],
) -> None:
    """Four sessions of three profiles, however their audio comes and the engine is run."""
    bench = Bench()
    joined = [bench.join(profile) for profile in ("ultra", "balanced", "quality", "balanced")]
    spoken = [0] * 4
    for who, size, work in pieces:
        spoken[who] += size
        bench.speak(joined[who][0], size, 0.01 * (who + 1))
        if work or joined[who][0].room < 9000:
            bench.engine.run_once()
    for lane, _ in joined:
        lane.end(0.0)
    bench.engine.run_once()
    for who, (_, sink) in enumerate(joined):
        frames = -(-spoken[who] // 640)
        assert sink.starts() == list(range(frames))
        assert sink.finished == 1
        full = sink.column(JAW)[: spoken[who] // 640]
        assert full == pytest.approx([0.1 * (who + 1)] * len(full))


@pytest.mark.slow
@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_live_motion_has_the_bits_of_an_offline_run(profile: str) -> None:
    """The shipped models, three sessions out of step, each against its own stream."""
    stages, seconds = Assembly(EngineConfig()), 2
    bench, rng = Bench(stages), np.random.default_rng(8)
    voices = [
        (rng.uniform(-1, 1, seconds * RATE) * np.abs(np.sin(np.arange(seconds * RATE) / f))).astype(
            np.float32
        )
        for f in (900.0, 1700.0, 2900.0)
    ]
    joined = [bench.join(profile) for _ in voices]
    at = [0] * 3
    while min(at) < seconds * RATE:
        who = int(rng.integers(3))
        piece = voices[who][at[who] : at[who] + int(rng.integers(1, 2000))]
        joined[who][0].write(piece, 0.0)
        at[who] += len(piece)
        bench.engine.run_once()
    for voice, (lane, sink) in zip(voices, joined, strict=True):
        lane.end(0.0)
        bench.engine.run_once()
        stream = stages.motion_stream(profile)
        wanted = [*stream.feed(AudioChunk(0, voice, RATE)), *stream.finish()]
        assert np.array_equal(join_motion(sink.frames), join_motion(list(wanted)))


def test_windows_that_are_due_together_are_one_call() -> None:
    """Of one profile; another profile has its own."""
    bench = Bench(capacity=8)
    lanes = [bench.join("balanced")[0] for _ in range(4)] + [bench.join("ultra")[0]]
    for lane in lanes * 5:
        bench.speak(lane, 640)
    for _ in range(20):
        bench.engine.run_once()
    assert bench.tally.count("engine_windows_total") == 25
    assert bench.tally.count("engine_batches_total") <= 5 + 5 + 4  # sizes are tried 2, 4, ...


def test_motion_that_is_not_taken_holds_only_its_own_session_back() -> None:
    """Frames are made ahead of a door that waits as far as they fit; passing some on helps."""
    bench = Bench()
    (slow, sink), (other, others) = bench.join(waits=True), bench.join()
    for _ in range(3):
        bench.speak(slow, min(RATE, slow.room))
        bench.speak(other, RATE)
        bench.engine.run_once()
    assert len(sink.starts()) == 47
    assert len(others.starts()) == 73
    slow.passed_on(30)
    bench.engine.run_once()
    assert sink.starts() == list(range(73))


def test_audio_that_was_overwritten_is_skipped_and_frames_keep_their_time() -> None:
    """3 s into 2 s of room, half a second allowed: what comes is the newest audio, counted."""
    bench = Bench()
    lane, sink = bench.join(patience=12)
    bench.speak(lane, 3 * RATE)
    bench.engine.run_once()
    bench.speak(lane, RATE // 4)
    bench.engine.run_once()
    starts = sink.starts()
    assert starts == list(range(74, 74 + len(starts)))
    assert len(starts) >= 5
    assert bench.tally.count("audio_overwritten_samples_total") == 74 * 640
    assert sink.column(JAW) == pytest.approx([0.5] * len(starts))


def test_an_impatient_lane_goes_on_with_the_newest_audio_and_others_with_theirs() -> None:
    """1.9 s wait where 0.5 s may: the rest is skipped, not worked off late."""
    bench = Bench()
    (hasty, sink), (calm, others) = bench.join(patience=12), bench.join()
    for lane in (hasty, calm):
        bench.speak(lane, int(1.9 * RATE))
    bench.engine.run_once()
    assert bench.tally.count("audio_overwritten_samples_total") == 46 * 640
    bench.speak(hasty, RATE // 4)
    bench.engine.run_once()
    assert sink.starts() == list(range(46, 46 + len(sink.starts())))
    assert others.starts() == list(range(45))


class Picky(LoudnessSlots):
    """Fails on a batch that holds silence."""

    def advance(
        self, slots: Slots, samples: F32, ended: NDArray[np.bool_] | None = None, level: int = 0
    ) -> F32:
        if not samples.any(axis=1).all():
            raise ValueError("broken model")
        return super().advance(slots, samples, ended, level)


class PickyStages(FakeStages):
    def motion_slots(self, profile: str, capacity: int) -> MotionSlots:
        return Picky(profile_named(profile), capacity)


def test_a_model_that_fails_ends_its_session_and_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The batch is tried again one by one; the cause is told once, and the row is given back."""
    bench = Bench(PickyStages())
    (bad, failed), (good, sink) = bench.join(), bench.join()
    for _ in range(5):
        bench.speak(bad, 640, 0.0)
        bench.speak(good, 640)
        bench.engine.run_once()
    assert [str(error) for error in failed.errors] == ["broken model"]
    assert sink.starts() == [0, 1, 2]
    assert not sink.errors
    assert "a session's motion failed" in caplog.text
    bad.owner.remove(bad)
    bench.engine.run_once()
    assert bench.engine.sessions == 1


def test_a_removed_lane_is_left_alone_and_its_row_is_anothers() -> None:
    """Nothing is read or told any more; who comes next begins at frame 0 with a clean row."""
    bench = Bench(capacity=1)
    lane, sink = bench.join()
    bench.speak(lane, RATE, 0.1)
    bench.engine.run_once()
    lane.express("happy", 1.0, None)
    seen = len(sink.frames)
    with pytest.raises(CapacityError, match="full"):
        bench.join()
    lane.owner.remove(lane)
    bench.engine.run_once()
    new, fresh = bench.join("ultra")
    assert new.row == lane.row
    bench.speak(lane, RATE, 0.1)
    lane.express("happy", 1.0, None)
    lane.end(0.0)
    lane.passed_on(3)
    lane.deliver()
    assert lane.motion_of(0) is None
    assert not len(lane.frames_from(0))
    bench.speak(new, 10 * 640, 0.02)
    bench.engine.run_once()
    assert len(sink.frames) == seen
    assert not sink.finished
    assert fresh.starts() == list(range(9))
    assert fresh.column(JAW) == pytest.approx([0.2] * 9)
    assert fresh.column(SMILE) == [0.0] * 9


def test_speech_without_a_sample_ends_at_once() -> None:
    """Nothing to make, nothing to wait for."""
    bench = Bench()
    lane, sink = bench.join()
    lane.end(0.0)
    bench.engine.run_once()
    assert (sink.finished, sink.frames) == (1, [])


def test_the_thread_works_when_woken_and_stops() -> None:
    """Start, wake: the audio is read; stop: the thread ends."""
    bench, done = Bench(), threading.Event()
    lane, sink = bench.join()
    sink.finish = done.set  # type: ignore[method-assign]
    bench.speak(lane, RATE)
    lane.end(0.0)
    bench.engine.start()
    bench.engine.wake()
    assert done.wait(5.0)
    bench.engine.stop()
    assert sink.starts() == list(range(25))
    assert "engine" not in [thread.name for thread in threading.enumerate()]


def test_a_manner_reaches_the_face_with_the_next_hop() -> None:
    """Not before; the newest wins, a wrong one changes nothing, nor does another session's."""
    bench = Bench()
    (lane, sink), (other, others) = bench.join(), bench.join()
    for mine in (lane, other):
        bench.speak(mine, 10 * 640)
    bench.engine.run_once()
    lane.express("happy", 0.2, None)
    lane.express(None, 0.9, None)
    with pytest.raises(ConfigError):
        lane.express("bored", None, None)
    shown = len(sink.frames)
    for mine in (lane, other):
        bench.speak(mine, 10 * 640)
    bench.engine.run_once()
    smile = sink.column(SMILE)
    assert smile[:shown] == [0.0] * shown
    assert smile[shown:] == [pytest.approx(0.9)] * (len(smile) - shown)
    assert len(smile) > shown
    assert not any(others.column(SMILE))


class Clocked(LoudnessSlots):
    """Takes longer the more there are; counts the calls at each level."""

    def __init__(self, profile: str, capacity: int, clock: ManualClock) -> None:
        super().__init__(profile_named(profile), capacity)
        self.clock, self.calls, self.each_s = clock, [0, 0], 0.0

    def advance(
        self, slots: Slots, samples: F32, ended: NDArray[np.bool_] | None = None, level: int = 0
    ) -> F32:
        self.calls[level] += 1
        self.clock.advance(self.each_s)
        return super().advance(slots, samples, ended, level)


def test_an_engine_that_falls_behind_spares_and_recovers() -> None:
    """Windows take 35 of 40 ms: half as many are made, no frame is lost; then they take 1 ms."""
    bench = Bench()
    slots = Clocked("balanced", 4, bench.clock)
    bench.engine._stages.motion_slots = lambda *_: slots  # type: ignore[method-assign]
    lane, sink = bench.join(patience=12)

    def talk(seconds: float) -> None:
        for _ in range(int(25 * seconds)):
            began = bench.clock.now()
            bench.speak(lane, 640)
            bench.engine.run_once()
            bench.clock.advance(max(0.0, began + 0.04 - bench.clock.now()))

    slots.each_s = 0.035
    talk(1.0)
    (governor,) = bench.engine.governors
    assert (governor.level, governor.overloaded) == (1, True)
    slots.calls = [0, 0]
    talk(2.0)
    assert slots.calls == [0, 25]
    slots.each_s = 0.001
    talk(6.0)
    assert (governor.level, governor.overloaded) == (0, False)
    assert sink.starts() == list(range(len(sink.starts())))
    assert len(sink.starts()) == 25 * 9 - 2
    assert bench.tally.count("audio_overwritten_samples_total") == 0
    assert 0 < bench.tally.count("engine_windows_shed_total") < 25 * 9


def test_an_upload_strains_nobody() -> None:
    """A door that sends all at once waits for its motion, and nobody's face gets worse for it."""
    bench = Bench()
    slots = Clocked("balanced", 4, bench.clock)
    slots.each_s = 0.035
    bench.engine._stages.motion_slots = lambda *_: slots  # type: ignore[method-assign]
    lane, _ = bench.join()
    for _ in range(4):
        bench.speak(lane, RATE)
        bench.engine.run_once()
    assert slots.calls[1] == 0


def test_a_door_that_waits_and_is_slow_to_deliver_loses_nothing() -> None:
    """The engine runs on while nothing is delivered: all it makes can still be looked back to."""
    bench = Bench()
    late: list[Lane] = []
    bench.engine._on_progress = late.extend
    lane, sink = bench.join(waits=True)
    total = 0
    while total < 5 * RATE:
        piece = min(RATE, lane.room, 5 * RATE - total)
        bench.speak(lane, piece)
        total += piece
        bench.engine.run_once()
        deliver(late[-1:])
        late.clear()
        lane.passed_on(len(sink.starts()))
    assert sink.starts() == list(range(len(sink.starts())))
    assert len(sink.starts()) > 100
    assert lane.tally.count("motion_dropped_total") == 0


def test_what_the_network_brings_late_and_at_once_strains_nobody() -> None:
    """Bursts of 200 ms on an idle engine: no window is late, and no quality gives way for it."""
    bench = Bench()
    lane, _ = bench.join(patience=12)
    for _ in range(30):
        bench.clock.advance(0.2)
        for _ in range(5):
            bench.speak(lane, 640)
        bench.engine.run_once()
    (governor,) = bench.engine.governors
    assert (governor.level, governor.strained) == (0, False)
    assert bench.tally.count("engine_windows_late_total") == 0
    assert bench.tally.count("engine_windows_total") > 140


class Forgetful(LoudnessSlots):
    """Cannot begin a session anew once ``full``."""

    full = False

    def restart(self, slots: NDArray[np.intp]) -> None:
        if self.full:
            raise MemoryError("nothing is left")
        super().restart(slots)


class ForgetfulStages(FakeStages):
    def motion_slots(self, profile: str, capacity: int) -> MotionSlots:
        return Forgetful(profile_named(profile), capacity)


def test_an_engine_that_fails_tells_its_sessions_and_works_for_the_next() -> None:
    """A thread that ended would leave them waiting, and let in others that wait, too."""
    moved = threading.Event()

    def deliver_and_say(lanes: Sequence[Lane]) -> None:
        deliver(lanes)
        moved.set()

    engine = Engine(ForgetfulStages(), 2, ManualClock(), Tally(), deliver_and_say)
    engine.start()
    first, second = ListSink(), ListSink()
    lane = engine.add(LaneOrder("ultra", first, Tally()))
    Forgetful.full = True
    try:
        lane.write(np.zeros(640, np.float32), 0.0)
        lane.cut(1, 0.0)
        assert moved.wait(5.0)
        assert [type(error) for error in first.errors] == [MemoryError]
    finally:
        Forgetful.full = False
    moved.clear()
    lane = engine.add(LaneOrder("ultra", second, Tally()))
    lane.write(np.zeros(10 * 640, np.float32), 0.0)
    engine.wake()
    assert moved.wait(5.0)
    engine.stop()
    assert second.frames


class SlowStages(FakeStages):
    """Slots of ``quality`` take until they are wanted."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.wanted = threading.Event(), threading.Event()

    def motion_slots(self, profile: str, capacity: int) -> MotionSlots:
        if profile == "quality":
            self.asked.set()
            assert self.wanted.wait(10.0)
        return super().motion_slots(profile, capacity)


def test_who_comes_or_goes_does_not_wait_for_the_slots_of_another_profile() -> None:
    """The loop takes sessions in, and the engine lets them go, while a thread makes slots."""
    bench = Bench(stages := SlowStages())
    first, _ = bench.join("balanced")
    preparing = threading.Thread(target=bench.engine.prepare, args=("quality",))
    preparing.start()
    assert stages.asked.wait(5.0)
    passed = threading.Event()

    def come_and_go() -> None:
        bench.join("balanced")
        bench.engine.remove(first)
        bench.engine.run_once()
        passed.set()

    coming = threading.Thread(target=come_and_go)
    coming.start()
    in_time = passed.wait(1.0)
    stages.wanted.set()
    preparing.join()
    coming.join()
    assert in_time
    assert bench.engine.sessions == 1
