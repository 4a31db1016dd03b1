"""One session's row as its door and its painter see it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.batching.lane import Lane, deliver
from stream_engine.batching.lane_table import LaneTable
from stream_engine.errors import ConfigError
from stream_engine.motion.emotion import Manner
from stream_engine.motion.handover import Handover
from stream_engine.motion.window import PROFILES
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import F32, MotionFrames
from tests.fakes.stages import LoudnessSlots


class Taken:
    """Implements `MotionSink`."""

    def __init__(self) -> None:
        self.runs: list[tuple[int, int]] = []
        self.ends: list[Exception | None] = []

    def push(self, frames: MotionFrames) -> None:
        self.runs.append((frames.start, len(frames.coefficients)))

    def finish(self) -> None:
        self.ends.append(None)

    def fail(self, error: Exception) -> None:
        self.ends.append(error)


class Owner:
    """Implements `LaneOwner`."""

    def wake(self) -> None:
        """Nobody sleeps."""

    def remove(self, lane: Lane) -> None:
        """Nobody leaves."""


def make() -> tuple[Lane, Taken]:
    """A lane in row 1 of two."""
    table, profile, sink = LaneTable(2), PROFILES["ultra"], Taken()
    table.begin(1, 0, profile)
    slots = LoudnessSlots(profile, 2)
    return Lane(Owner(), table, 1, slots, sink, Tally(), Manner()), sink


def made(lane: Lane, first: int, stop: int) -> None:
    """The engine has made frames first .. stop; coefficient 0 is the frame's number."""
    for frame in range(first, stop):
        lane.table.number[1, frame % 64] = frame
        lane.table.motion[1, frame % 64] = frame
    lane.table.made[1] = stop


@given(st.lists(st.integers(0, 40_000), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_what_is_written_lies_where_its_time_says(sizes: list[int]) -> None:
    """The newest two seconds, whatever the pieces, those longer than the ring included."""
    lane, _ = make()
    spoken = np.arange(sum(sizes)).astype(np.float32)
    at = 0
    for size in sizes:
        lane.write(spoken[at : at + size], 1.0)
        at += size
    ring = lane.table.audio[1].reshape(-1)
    newest = np.arange(max(0, at - len(ring)), at)
    assert np.array_equal(ring[newest % len(ring)], spoken[newest])
    assert lane.heard_frames == at // 640
    assert lane.room == len(ring) - at
    assert not lane.table.audio[0].any()


def test_time_is_taken_when_a_frame_is_full() -> None:
    """Not for samples that complete none."""
    lane, _ = make()
    lane.write(np.ones(700, np.float32), 3.0)
    lane.write(np.ones(500, np.float32), 4.0)
    assert lane.table.heard_s[1] == 3.0
    lane.write(np.ones(100, np.float32), 5.0)
    assert lane.table.heard_s[1] == 5.0


def test_the_last_frame_is_filled_up_with_silence() -> None:
    """Then nothing more is written."""
    lane, sink = make()
    lane.write(np.ones(700, np.float32), 3.0)
    lane.end(4.0)
    assert lane.table.heard[1] == 1280
    assert not lane.table.audio[1, 1, 60:].any()
    assert not sink.ends
    made(lane, 0, 2)
    lane.deliver()
    lane.deliver()
    assert (sink.runs, sink.ends) == ([(0, 2)], [None])


def test_motion_is_delivered_once_in_runs_and_what_came_too_late_is_counted() -> None:
    """A skip makes a new run; frames that were overwritten before the door looked are missing."""
    lane, sink = make()
    made(lane, 0, 3)
    lane.deliver()
    made(lane, 3, 5)
    made(lane, 20, 22)
    lane.deliver()
    assert sink.runs == [(0, 3), (3, 2), (20, 2)]
    assert lane.tally.count("motion_dropped_total") == 0
    made(lane, 22, 122)
    lane.deliver()
    assert sink.runs[3:] == [(74, 48)]
    assert lane.tally.count("motion_dropped_total") == 52
    assert lane.tally.count("motion_frames_total") == 55


def test_a_painter_finds_frames_by_number() -> None:
    """Those that are there, each with its own coefficients."""
    lane, _ = make()
    made(lane, 0, 4)
    made(lane, 9, 11)
    assert lane.frames_from(2).tolist() == [2, 3, 9, 10]
    found = lane.motion_of(9)
    assert found is not None
    assert found[0][0] == 9.0
    lane.closed = True
    assert lane.motion_of(9) is None
    assert not len(lane.frames_from(0))


def test_an_error_is_told_once() -> None:
    """After what had become final."""
    lane, sink = make()
    made(lane, 0, 1)
    lane.error = ValueError("broken")
    lane.deliver()
    lane.deliver()
    assert sink.runs == [(0, 1)]
    assert [str(error) for error in sink.ends] == ["broken"]


@pytest.mark.parametrize("intensity", [0.25, 0.75])
def test_the_manner_goes_to_the_slot(intensity: float) -> None:
    """And is remembered, so that the next change may leave parts out."""
    lane, _ = make()
    lane.express("sad", intensity, None)
    lane.express(None, None, 2.0)
    assert lane.manner == Manner("sad", intensity, 2.0)
    assert isinstance(lane.slots, LoudnessSlots)
    assert lane.slots._smile.tolist() == [0.0, intensity]


def test_a_batch_is_delivered_lane_by_lane() -> None:
    """Each sink gets its own."""
    (lane, taken), (other, others) = make(), make()
    made(lane, 0, 3)
    made(other, 0, 2)
    deliver([lane, other])
    assert (taken.runs, others.runs) == ([(0, 3)], [(0, 2)])


class Heard:
    """Implements `LaneObserver`; keeps everything, and what the lane's row said at that moment."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.told: list[object] = []

    def heard(self, samples: F32) -> None:
        self.told.append(("heard", len(samples), int(self.lane.table.heard[self.lane.row])))

    def expressed(self, manner: Manner) -> None:
        self.told.append(manner)

    def cut(self, handover: Handover, face: int) -> None:
        self.told.append(("cut", handover.first, handover.resume, face))

    def sent(self, frames: MotionFrames) -> None:
        self.told.append(("sent", frames.start, len(frames.coefficients)))


def test_an_observer_is_told_what_comes_and_goes_in_order() -> None:
    """Speech before the engine can see it; a wish, a cut; motion as the door gets it."""
    lane, _ = make()
    lane.observer = watcher = Heard(lane)
    lane.write(np.ones(1000, np.float32), 0.0)
    lane.express("sad", 0.25, None)
    with pytest.raises(ConfigError):
        lane.express("bored", None, None)
    made(lane, 0, 1)
    lane.deliver()
    lane.cut(1, 0.0)
    lane.end(0.0)
    assert watcher.told == [
        ("heard", 1000, 0),
        Manner("sad", 0.25),
        ("sent", 0, 1),
        ("cut", 1, 1, 0),
        ("heard", 280, 1000),
    ]
    lane.closed = True
    lane.write(np.ones(10, np.float32), 0.0)
    assert len(watcher.told) == 5
