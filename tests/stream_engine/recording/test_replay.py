"""What was recorded replays to the bit, whatever happened: the point of the whole folder."""

from collections.abc import Iterator, Sequence
from functools import cache
from queue import SimpleQueue
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.assemble import Assembly
from stream_engine.audio.file_source import FileSource
from stream_engine.audio.resampler import Resampler
from stream_engine.audio.ring_buffer import silence
from stream_engine.batching.lane import Lane, deliver, hear
from stream_engine.batching.lane_table import NEVER
from stream_engine.batching.watched_slots import WatchedSlots, WatchedStages
from stream_engine.config import EngineConfig, MotionConfig
from stream_engine.engine import Engine, LaneOrder
from stream_engine.errors import InferenceError, RecordingError, StreamEngineError
from stream_engine.motion.arkit import INDEX
from stream_engine.motion.emotion import EMOTIONS, Manner, Times
from stream_engine.motion.window import profile_named
from stream_engine.protocols import MotionSlots, Stages
from stream_engine.recording.content import SENT, WINDOW, End, Head, unpack_json
from stream_engine.recording.framing import Record
from stream_engine.recording.replay import Replayer, Verdict
from stream_engine.recording.tape import Tape
from stream_engine.service_config import MonitorConfig
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import F32, MotionFrames
from tests.fakes.clock import ManualClock
from tests.fakes.recording import PromptDesk, head_of, records_of, replayed
from tests.fakes.stages import FakeStages, LoudnessSlots
from tests.paths import SAMPLE

FRAME = 640


class Nobody:
    """Implements `MotionSink`; what went out is what the tape says."""

    def push(self, frames: MotionFrames) -> None:
        del frames

    def finish(self) -> None:
        pass

    def fail(self, error: Exception) -> None:
        del error


class Studio:
    """An engine that is run by hand, sessions that talk, tapes that run."""

    def __init__(self, stages: Stages, capacity: int = 6) -> None:
        self.stages = stages
        self.clock = ManualClock()
        self.tally = Tally()
        self.desk = PromptDesk()
        watched: Stages = WatchedStages(stages)
        self.engine = Engine(watched, capacity, self.clock, self.tally, deliver)

    def join(
        self, profile: str = "balanced", patience: int = NEVER, manner: Manner | None = None
    ) -> tuple[Lane, Tape]:
        order = LaneOrder(profile, Nobody(), Tally(self.tally), manner or Manner(), patience)
        lane = self.engine.add(order)
        now = lane.manner
        head = Head("s", "now", profile, 0, now.emotion, now.intensity, now.style, 4, True, "", "")
        tape = Tape(self.desk, lane, head, 3600.0)
        lane.observer = tape
        assert isinstance(lane.slots, WatchedSlots)
        lane.slots.watch(lane.row, tape)
        return lane, tape

    def speak(self, lane: Lane, samples: F32) -> None:
        for at in range(0, len(samples), 160):  # as a door does
            lane.write(samples[at : at + 160], self.clock.now())

    def force(self, level: int) -> None:
        for governor in self.engine.governors:
            governor.level = level

    def leave(self, lane: Lane, tape: Tape) -> bytes:
        self.engine.remove(lane)
        tape.finish(lane.error)
        return self.desk.written(tape)

    def verdict(self, data: bytes) -> Verdict:
        slots = self.stages.motion_slots(head_of(data).profile, 1)
        return replayed(data, slots).verdict


@cache
def speech() -> F32:
    """The sample at 16 kHz from its first word on: floats that are no whole parts of anything."""
    with FileSource(SAMPLE) as source:
        resampler = Resampler(source.rate_hz)
        found = [c.samples for chunk in source.chunks() for c in resampler.feed(chunk)]
    samples = np.concatenate(found) * np.float32(0.73)
    return samples[int(np.argmax(np.abs(samples) > 0.02)) :]


@pytest.fixture(scope="module")
def real() -> Iterator[Assembly]:
    """The real model with every level, and more steps for those that the monitor boosts."""
    monitor = MonitorConfig(enabled=True, acts=True)
    assembly = Assembly(EngineConfig(motion=MotionConfig(steps=2), monitor=monitor))
    yield assembly
    assembly.close()


@st.composite
def talks(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """What may happen to a session, in any order."""
    step = st.one_of(
        st.tuples(st.just("speak"), st.integers(1, 9_000)),
        st.tuples(st.just("be silent"), st.integers(1, 4_000)),
        st.tuples(st.just("work")),
        st.tuples(st.just("work")),
        st.tuples(st.just("cut"), st.integers(-3, 3)),
        st.tuples(st.just("express"), st.sampled_from(EMOTIONS), st.floats(0, 1), st.floats(0, 2)),
        st.tuples(
            st.just("pass"), st.sampled_from(EMOTIONS), st.floats(0.04, 1), st.floats(0, 1)
        ),
        st.tuples(st.just("hear"), st.floats(-120, 0)),
        st.tuples(st.just("level"), st.integers(0, 3)),
        st.tuples(st.just("work for"), st.booleans(), st.booleans()),
        st.tuples(st.just("wait"), st.floats(0, 0.2)),
    )
    return draw(st.lists(step, min_size=3, max_size=30))


def act(studio: Studio, lane: Lane, step: tuple[Any, ...], at: int) -> int:
    """Do one thing; where in the speech the session is then."""
    what = step[0]
    if what == "speak":
        studio.speak(lane, speech()[at : at + step[1]])
        return (at + step[1]) % 100_000
    if what == "be silent":
        studio.speak(lane, np.zeros(step[1], np.float32))
    elif what == "work":
        studio.engine.run_once()
    elif what == "cut":
        made = int(lane.table.made[lane.row])
        lane.cut(max(0, made + step[1]), studio.clock.now())
    elif what == "express":
        lane.express(*step[1:])
    elif what == "pass":
        lane.express(step[1], 1.0, None, Times(step[2], step[3], 0.3))
    elif what == "hear":
        hear(lane, step[1])
    elif what == "work for":
        lane.slots.work(lane.row, boosted=step[1], fallback=step[2])
    elif what == "level":
        studio.force(min(step[1], studio.engine.governors[0].levels - 1))
    else:
        studio.clock.advance(step[1])
    return at


def perform(stages: Stages, profile: str, talk: list[tuple[Any, ...]], others: int) -> None:
    """A session alone or among others, in any batch, with any events; then its replay."""
    studio = Studio(stages)
    company = [studio.join(profile, patience=12) for _ in range(others)]
    lane, tape = studio.join(profile, patience=12)
    at = 0
    for step in talk:
        for number, (other, _) in enumerate(company):
            studio.speak(other, speech()[700 * number : 700 * number + 1_500])
        at = act(studio, lane, step, at)
    studio.engine.run_once()
    sent = lane.tally.count("motion_frames_total")
    verdict = studio.verdict(studio.leave(lane, tape))
    assert verdict.bit_exact, verdict
    assert verdict.frames == sent
    assert verdict.whole


@given(talks(), st.sampled_from(["ultra", "balanced", "quality"]), st.integers(0, 3))
@settings(max_examples=120, deadline=None)
def test_whatever_happens_replays_to_the_bit(
    talk: list[tuple[Any, ...]], profile: str, others: int
) -> None:
    """Speech, silence, cuts, manners, levels, speech left out: with stages that are quick."""
    perform(FakeStages(), profile, talk, others)


@pytest.mark.slow
@given(talks(), st.sampled_from(["ultra", "balanced", "quality"]), st.integers(0, 2))
@settings(max_examples=12, deadline=None)
def test_whatever_happens_to_the_real_model_replays_to_the_bit(
    real: Assembly, talk: list[tuple[Any, ...]], profile: str, others: int
) -> None:
    """The same with noise, three step counts, emotion and idle life."""
    perform(real, profile, talk, others)


@pytest.mark.slow
def test_a_session_with_everything_in_it_replays_alone_what_it_did_among_others(
    real: Assembly,
) -> None:
    """Pauses, interruptions, manners, every level and an overrun; replayed in a batch of one."""
    studio = Studio(real)
    company = [studio.join() for _ in range(2)]
    lane, tape = studio.join(patience=12, manner=Manner("happy", 0.4))
    samples = speech()
    for step in range(160):
        at = step * FRAME
        for other, _ in company:
            studio.speak(other, samples[at : at + FRAME])
        studio.speak(
            lane, samples[at : at + FRAME] if step % 40 < 30 else np.zeros(640, np.float32)
        )
        studio.clock.advance(0.04)
        if step % 25 == 7:
            studio.force((step // 25) % 3)
        if step in (33, 90, 91):
            lane.cut(int(lane.table.made[lane.row]) - 1, studio.clock.now())
        if step in (15, 60, 92):
            lane.slots.work(lane.row, boosted=step != 60, fallback=step == 60)
        if step in (20, 88, 91):
            lane.express(EMOTIONS[step % 7], 0.9, 1.3)
        if not 110 <= step < 128:  # the engine is away for longer than the session has patience
            studio.engine.run_once()
    verdict = studio.verdict(studio.leave(lane, tape))
    assert verdict.bit_exact, verdict
    assert set(verdict.levels) == {0, 1, 2}
    assert verdict.events == {"express": 3, "manner": 3, "work": 3, "cut": 3, "restart": 4}
    assert studio.verdict(studio.leave(*company[1])).bit_exact


@pytest.mark.slow
def test_an_upload_that_ends_replays_to_its_last_frame(real: Assembly) -> None:
    """The end of speech fills the lookahead: the last frames, too, have the same bits."""
    for profile in ("balanced", "quality"):
        studio = Studio(real)
        lane, tape = studio.join(profile)
        studio.speak(lane, speech()[:10_000])
        lane.end(0.0)
        studio.engine.run_once()
        verdict = studio.verdict(studio.leave(lane, tape))
        assert (verdict.bit_exact, verdict.frames) == (True, 16)


def test_an_interruption_in_the_middle_of_a_frame_replays() -> None:
    """What was heard of that frame the model hears no more, then as now."""
    studio = Studio(FakeStages())
    lane, tape = studio.join()
    samples = speech()
    for step in range(20):
        studio.speak(lane, samples[900 * step : 900 * step + 900])
        studio.engine.run_once()
        if step % 6 == 5:
            lane.cut(int(lane.table.made[lane.row]), 0.0)
    assert studio.verdict(studio.leave(lane, tape)).bit_exact


class BrowStages(FakeStages):
    """Brows, which are slow to settle after a cut, that follow the jaw."""

    def motion_slots(self, profile: str, capacity: int) -> MotionSlots:
        class Brows(LoudnessSlots):
            def advance(self, *given: Any) -> Any:
                motion = super().advance(*given)
                motion[..., INDEX["browInnerUp"]] = motion[..., INDEX["jawOpen"]]
                return motion

        return Brows(profile_named(profile), capacity)


def test_speech_left_out_right_after_an_interruption_replays() -> None:
    """The frame at which motion was to begin anew was never made: none of another time is used."""
    studio = Studio(BrowStages())
    lane, tape = studio.join("quality", patience=12)
    samples = speech()
    for step in range(100):
        studio.speak(lane, samples[FRAME * step : FRAME * step + FRAME])
        studio.engine.run_once()
    lane.cut(int(lane.table.made[lane.row]), 0.0)
    studio.speak(lane, samples[: 13 * FRAME])
    studio.engine.run_once()
    for step in range(20):
        studio.speak(lane, samples[FRAME * step : FRAME * step + FRAME])
        studio.engine.run_once()
    assert lane.handover is not None
    assert lane.table.origin[lane.row] == lane.handover.resume + 11
    assert studio.verdict(studio.leave(lane, tape)).bit_exact


def test_with_threads_as_in_service_the_order_of_the_records_is_enough() -> None:
    """An engine thread that works while the door writes, cuts and wishes: six sessions, exact."""
    studio = Studio(FakeStages())
    ready: SimpleQueue[Sequence[Lane]] = SimpleQueue()
    watched: Stages = WatchedStages(studio.stages)
    studio.engine = Engine(watched, 6, studio.clock, studio.tally, ready.put)
    studio.engine.start()
    joined = [studio.join("quality" if n % 2 else "ultra", patience=12) for n in range(6)]
    chance = np.random.default_rng(4)
    samples = speech()
    for step in range(1_500):
        lane, _ = joined[int(chance.integers(6))]
        at = int(chance.integers(30_000))
        studio.speak(lane, samples[at : at + int(chance.integers(1, 1_200))])
        studio.engine.wake()
        if step % 41 == 0:
            lane.cut(int(lane.table.made[lane.row]), 0.0)
        if step % 29 == 0:
            lane.express(EMOTIONS[step % 7], float(chance.random()), None)
        while not ready.empty():
            deliver(ready.get())
    studio.engine.stop()
    while not ready.empty():
        deliver(ready.get())
    found = [studio.verdict(studio.leave(lane, tape)) for lane, tape in joined]
    assert all(verdict.bit_exact and verdict.frames > 50 for verdict in found), found
    assert sum(verdict.events.get("cut", 0) for verdict in found) == 37


@cache
def eventful() -> list[Record]:
    """A short recording with everything in it."""
    studio = Studio(FakeStages())
    lane, tape = studio.join(patience=12)
    tape._motion = True
    for step in range(45):
        studio.speak(lane, speech()[640 * step : 640 * step + 700])
        if step % 15 == 9:
            studio.force(step // 15 % 2)
            lane.cut(int(lane.table.made[lane.row]), 0.0)
            lane.express("sad", 0.5, None)
        if not 20 < step < 36:
            studio.engine.run_once()
    return records_of(studio.leave(lane, tape))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_records_that_make_no_sense_are_refused_or_replayed_and_nothing_else(
    data: st.DataObject,
) -> None:
    """Whoever writes a file by hand gets a typed error, whatever is in it."""
    found = list(eventful())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(1, len(found) - 1))
        what = data.draw(st.sampled_from(["drop", "double", "bytes", "kind", "number"]))
        record = found[at]
        payload = bytearray(record.payload)
        if what == "drop":
            del found[at]
        elif what == "double":
            found.insert(at, record)
        elif what == "kind":
            found[at] = Record(data.draw(st.integers(0, 9)), record.payload)
        elif payload:
            place = data.draw(st.integers(0, len(payload) - 1))
            new = st.integers(48, 57) if what == "number" else st.integers(0, 255)
            payload[place] = data.draw(new)
            found[at] = Record(record.kind, bytes(payload))
    replayer = Replayer(
        LoudnessSlots(profile_named("balanced"), 1), unpack_json(Head, found[0].payload)
    )
    try:
        for record in found[1:]:
            replayer.take(record)
    except StreamEngineError:
        pass


class Breaking(LoudnessSlots):
    """Slots that fail on speech that is loud."""

    def advance(self, slots: Any, samples: Any, ended: Any = None, level: int = 0) -> Any:
        if np.abs(samples).max() > 0.9:
            raise InferenceError("the model fell over", got="a loud voice")
        return super().advance(slots, samples, ended, level)


class BreakingStages(FakeStages):
    def motion_slots(self, profile: str, capacity: int) -> MotionSlots:
        return Breaking(profile_named(profile), capacity)


def test_a_session_that_fails_is_recorded_up_to_there(caplog: pytest.LogCaptureFixture) -> None:
    """The file says what ended it, and what was before it replays; the others go on."""
    studio = Studio(BreakingStages())
    (lane, tape), (other, its) = studio.join(), studio.join()
    for level in (0.1, 0.2, 0.95):
        studio.speak(lane, np.full(10 * FRAME, level, np.float32))
        studio.speak(other, np.full(10 * FRAME, 0.1, np.float32))
        studio.engine.run_once()
    verdict = studio.verdict(studio.leave(lane, tape))
    assert verdict.bit_exact
    assert verdict.frames == 18
    assert verdict.end is not None
    assert (verdict.end.cut, verdict.end.cause) == (
        False, "InferenceError: the model fell over; got a loud voice",
    )  # fmt: skip
    assert studio.verdict(studio.leave(other, its)).frames == 28
    assert "a session's motion failed" in caplog.text


def test_motion_that_differs_is_found_and_its_second_told() -> None:
    """One bit of one coefficient in the third second."""
    studio = Studio(FakeStages())
    lane, tape = studio.join()
    for _ in range(100):
        studio.speak(lane, np.full(FRAME, 0.05, np.float32))
        studio.engine.run_once()

    class Other(LoudnessSlots):
        windows = 0

        def advance(self, slots: Any, samples: Any, ended: Any = None, level: int = 0) -> Any:
            motion = super().advance(slots, samples, ended, level)
            self.windows += 1
            if self.windows == 62:
                motion[0, 0, 5] = 1e-45
            return motion

    data = studio.leave(lane, tape)
    assert studio.verdict(data).bit_exact
    verdict = replayed(data, Other(profile_named("balanced"), 1)).verdict
    assert verdict.differing == [2]
    assert not verdict.bit_exact


def test_with_the_motion_in_it_a_replay_can_say_by_how_much_it_differs() -> None:
    """Nothing where it was made; elsewhere the largest difference, cuts and all."""

    class Near(LoudnessSlots):
        def advance(self, *given: Any) -> Any:
            motion = super().advance(*given)
            motion[..., 7] += np.float32(0.01)
            return motion

    studio = Studio(FakeStages())
    lane, tape = studio.join()
    tape._motion = True
    for step in range(60):
        studio.speak(lane, np.full(FRAME, 0.05, np.float32))
        studio.engine.run_once()
        if step == 30:
            lane.cut(int(lane.table.made[lane.row]) - 1, 0.0)
    data = studio.leave(lane, tape)
    assert studio.verdict(data).furthest == 0.0
    verdict = replayed(data, Near(profile_named("balanced"), 1)).verdict
    assert not verdict.bit_exact
    assert verdict.furthest == pytest.approx(0.01)
    _, plain = studio.join()
    assert studio.verdict(studio.leave(_, plain)).furthest is None


def test_a_recording_that_was_cut_off_replays_what_is_left() -> None:
    """At any record: what stands before is enough, and that its end is missing is known."""
    studio = Studio(FakeStages())
    lane, tape = studio.join(patience=12)
    for step in range(90):
        studio.speak(lane, np.full(FRAME, 0.02 * (step % 7), np.float32))
        studio.engine.run_once()
        if step % 29 == 0:
            lane.cut(int(lane.table.made[lane.row]), 0.0)
            lane.express("sad", 0.5, None)
    data = studio.leave(lane, tape)
    found = records_of(data)
    for count in range(1, len(found)):
        replayer = Replayer(LoudnessSlots(profile_named("balanced"), 1), head_of(data))
        for record in found[1:count]:
            replayer.take(record)
        assert replayer.verdict.bit_exact
        assert not replayer.verdict.whole


def test_records_that_do_not_fit_each_other_are_refused() -> None:
    """Speech that is not there, or another than the model heard, is no difference but an error."""
    studio = Studio(FakeStages())
    lane, tape = studio.join()
    studio.speak(lane, np.full(60 * FRAME, 0.02, np.float32)[: 40 * FRAME])
    studio.engine.run_once()
    data = studio.leave(lane, tape)
    found = records_of(data)
    kinds = [record.kind for record in found]
    slots = LoudnessSlots(profile_named("balanced"), 1)
    with pytest.raises(RecordingError, match="without its speech"):
        Replayer(slots, head_of(data)).take(found[kinds.index(WINDOW)])
    swapped = Replayer(slots, head_of(data))
    swapped.take(found[1])
    swapped._audio[5] += 1.0
    with pytest.raises(RecordingError, match="heard something else"):
        swapped.take(found[kinds.index(WINDOW)])
    assert SENT in kinds


def test_a_machine_that_slept_leaves_a_recording_that_can_be_read() -> None:
    """Minutes of silence that come at once are more than one record may hold."""
    studio = Studio(FakeStages())
    lane, tape = studio.join(patience=12)
    studio.speak(lane, np.full(5 * FRAME, 0.1, np.float32))
    studio.engine.run_once()
    lane.write(silence(90 * 25 * FRAME), studio.clock.now())
    studio.engine.run_once()
    verdict = studio.verdict(studio.leave(lane, tape))
    assert verdict.samples == (90 * 25 + 5) * FRAME
    assert verdict.bit_exact
    assert verdict.end == End()
