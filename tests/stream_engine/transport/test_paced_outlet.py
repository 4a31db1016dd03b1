"""Frames wait until they are due, on a clock that is moved by hand."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.transport.outputs import Outlet
from stream_engine.transport.paced_outlet import MOST_WAITING, PacedOutlet
from stream_engine.types import F32, TICKS_PER_FRAME, TICKS_PER_SECOND, MotionFrames
from tests.fakes.clock import ManualClock


class Sent(Outlet):
    """An outlet that notes what it sends, and when."""

    def __init__(self, clock: ManualClock, outputs: bool = True) -> None:
        super().__init__(())
        self._clock = clock
        self._any = outputs
        self.sent: list[tuple[int, float]] = []
        self.skipped = 0
        self.closed = 0

    @property
    def open(self) -> bool:
        return self._any

    def send(self, frame: int, coefficients: F32) -> None:
        assert coefficients[0] == frame
        self.sent.append((frame, self._clock.now()))

    def skip(self, frames: int) -> None:
        self.skipped += frames

    def close(self) -> None:
        self.closed += 1


@dataclass
class Call:
    """Implements `Timer`."""

    at_s: float
    call: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class Bench:
    """A paced outlet whose line and time are moved by hand."""

    outputs: bool = True
    origin_s: float = 100.0
    calls: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = ManualClock(100.0)
        self.sink = Sent(self.clock, self.outputs)
        self.paced = PacedOutlet(self.sink, self.due, self.clock, self.later)

    def due(self, pts: int) -> float:
        return self.origin_s + pts / TICKS_PER_SECOND

    def later(self, seconds: float, call: Callable[[], None]) -> Call:
        self.calls.append(Call(self.clock.now() + seconds, call))
        return self.calls[-1]

    def write(self, start: int, count: int) -> None:
        rows = np.repeat(np.arange(start, start + count, dtype=np.float32)[:, None], 55, axis=1)
        self.paced.write(MotionFrames(start, rows))

    def run(self, until_s: float, late_s: float = 0.0) -> None:
        """Let time pass; timers fire when they are due, or so much later."""
        while True:
            waiting = [call for call in self.calls if not call.cancelled]
            assert len(waiting) <= 1
            if not waiting or waiting[0].at_s + late_s > until_s:
                break
            self.clock.advance(max(0.0, waiting[0].at_s + late_s - self.clock.now()))
            self.calls.clear()
            waiting[0].call()
        self.clock.advance(max(0.0, until_s - self.clock.now()))

    @property
    def frames(self) -> list[int]:
        return [frame for frame, _ in self.sink.sent]


def test_each_frame_leaves_when_it_is_due() -> None:
    """Ten frames that were final long before: one every 40 ms, none early."""
    bench = Bench()
    bench.write(1, 10)
    bench.run(101.0)
    assert bench.frames == list(range(1, 11))
    for frame, at_s in bench.sink.sent:
        assert abs(at_s - bench.due(frame * TICKS_PER_FRAME)) < 0.0011
    assert bench.sink.skipped == 0


def test_of_frames_that_are_late_together_the_newest_is_sent() -> None:
    """A loop that stood still for a while: nobody gets a burst of the past."""
    bench = Bench()
    bench.write(0, 20)
    bench.run(100.9, late_s=0.1)
    assert bench.frames[0] == 0
    assert bench.frames == sorted(bench.frames)
    assert bench.sink.skipped > 5
    assert bench.sink.skipped + len(bench.frames) == 20


def test_a_line_that_moves_is_followed() -> None:
    """Frames wait for where the line is when their turn comes, not for where it was."""
    bench = Bench()
    bench.write(1, 3)
    bench.origin_s += 0.1
    bench.run(102.0)
    assert bench.frames == [1, 2, 3]
    for frame, at_s in bench.sink.sent:
        assert at_s >= bench.due(frame * TICKS_PER_FRAME) - 0.0011


def test_waiting_is_bounded() -> None:
    """A line an hour away: the oldest give way and are counted."""
    bench = Bench(origin_s=3700.0)
    bench.write(0, 3 * MOST_WAITING)
    assert bench.sink.skipped == 2 * MOST_WAITING
    bench.run(4000.0)
    assert bench.frames == list(range(2 * MOST_WAITING, 3 * MOST_WAITING))


def test_closing_sends_nothing_any_more() -> None:
    """What waits is forgotten, the timer is off; it may be closed again."""
    bench = Bench()
    bench.write(1, 5)
    bench.paced.close()
    bench.paced.close()
    bench.run(110.0)
    assert bench.frames == []
    assert bench.sink.closed == 2


def test_without_outputs_nothing_is_kept() -> None:
    """No timer, no frame."""
    bench = Bench(outputs=False)
    bench.write(0, 5)
    assert bench.calls == []


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 4), st.floats(0, 0.3), st.floats(-0.1, 0.1)),
        max_size=12,
    ),
    st.floats(0, 0.2),
)
@settings(max_examples=60, deadline=None)
def test_whatever_is_lost_or_late_order_holds(
    steps: list[tuple[int, int, float, float]], late_s: float
) -> None:
    """Gaps, pauses, late timers, jumps of the line: only forward, and each frame is counted."""
    bench, start, written = Bench(), 0, 0
    for gap, count, pause_s, jump_s in steps:
        bench.write(start + gap, count)
        start, written = start + gap + count, written + count
        bench.origin_s += jump_s
        bench.run(bench.clock.now() + pause_s, late_s)
    bench.run(bench.clock.now() + 30.0, late_s)
    assert bench.frames == sorted(set(bench.frames))
    times = [at_s for _, at_s in bench.sink.sent]
    assert times == sorted(times)
    assert len(bench.frames) + bench.sink.skipped == written
