import threading
from collections.abc import Iterable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from stream_engine.errors import RenderError
from stream_engine.hand_off import FrameSlot
from stream_engine.motion.arkit import COEFFICIENT_COUNT
from stream_engine.motion.handover import Handover
from stream_engine.protocols import Renderer
from stream_engine.render_loop import (
    SPARE_S,
    USUAL_DRAWING_S,
    RenderLoop,
    Seat,
)
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import (
    F32,
    TICKS_PER_FRAME,
    TICKS_PER_SECOND,
    MeshFrame,
    VideoFrame,
)
from tests.fakes.clock import ManualClock
from tests.fakes.stages import FakeStages, JawPoser


class Frames:
    """Implements `MotionSource`: frames at rest, ready at 0 s."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.over = False
        self.handover: Handover | None = None

    def frames_from(self, first: int) -> NDArray[np.int64]:
        return np.array([number for number in self.numbers if number >= first], np.int64)

    def motion_of(self, frame: int) -> tuple[F32, float] | None:
        assert frame in self.numbers
        return None if self.over else (np.zeros(COEFFICIENT_COUNT, np.float32), 0.0)


def make_seat(tally: Tally, *numbers: int) -> Seat:
    """A seat whose media time 0 is due at 200 s."""

    def due(pts: int) -> float:
        return 200.0 + pts / TICKS_PER_SECOND

    def failed(error: Exception) -> None:
        raise error

    source = Frames()
    source.numbers = list(numbers)
    return Seat("default", JawPoser(), source, FrameSlot(tally), due, tally, failed)


def test_the_face_at_rest_comes_before_all_motion() -> None:
    """A new seat is drawn at once, at rest."""
    seat = make_seat(Tally())
    assert seat.wake_at() == float("-inf")
    first = seat.next_motion(0.0)
    assert first is not None
    assert not first.coefficients.any()
    assert seat.wake_at() is None


def test_motion_is_drawn_when_due_not_sooner() -> None:
    """Frame 5 is due at 200.2 s: begun so that it is finished ``SPARE_S`` before."""
    seat = make_seat(Tally(), 5)
    seat.next_motion(0.0)
    at = seat.wake_at()
    assert at == pytest.approx(200.2 - USUAL_DRAWING_S - SPARE_S)
    assert seat.next_motion(at - 0.001) is None
    drawn = seat.next_motion(at + 0.001)
    assert drawn is not None
    assert drawn.pts == 5 * TICKS_PER_FRAME


def test_a_slow_painter_begins_earlier() -> None:
    """After a picture of 30 ms the next is begun 30 ms and ``SPARE_S`` before it leaves."""
    seat = make_seat(Tally(), 5, 6)
    seat.next_motion(0.0)
    at = seat.wake_at()
    assert at is not None
    drawn = seat.next_motion(at)
    assert drawn is not None
    assert seat.drawn(drawn, at + 0.03) == pytest.approx(0.03)  # it was ready at 0
    assert seat.wake_at() == pytest.approx(200.24 - 0.03 - SPARE_S)


def test_a_late_painter_draws_the_newest_due_frame_and_counts_the_rest() -> None:
    """Two frames late: one drawn, one skipped."""
    tally = Tally()
    seat = make_seat(tally, 0, 1)
    seat.next_motion(0.0)
    drawn = seat.next_motion(300.0)
    assert drawn is not None
    assert drawn.pts == TICKS_PER_FRAME
    assert tally.count("frames_skipped_total") == 1


def test_a_late_painter_leaves_the_future_alone() -> None:
    """Frame 1 is not due yet when frame 0 is."""
    seat = make_seat(Tally(), 0, 1)
    seat.next_motion(0.0)
    drawn = seat.next_motion(200.0)
    assert drawn is not None
    assert drawn.pts == 0
    assert seat.wake_at() == pytest.approx(200.04 - USUAL_DRAWING_S - SPARE_S)


def test_a_session_that_is_over_is_drawn_no_more() -> None:
    """Even if its row says that there is motion: it may be another's."""
    source, seat = Frames(), make_seat(Tally())
    source.numbers, source.over = [0], True
    seat.source = source
    seat.next_motion(0.0)
    assert seat.next_motion(300.0) is None


class Watched(FakeStages):
    """Stages whose renderer says on which thread it is made, used and closed."""

    def __init__(self) -> None:
        self.threads: list[str] = []
        self.drawn = threading.Event()

    def renderer(self, avatar: str) -> Renderer:  # type: ignore[override]
        self.threads.append(threading.current_thread().name)
        inner = super().renderer(avatar)
        outer = self

        class Proxy(Renderer):
            def render(self, frame: MeshFrame) -> VideoFrame:
                outer.threads.append(threading.current_thread().name)
                if frame.pts < 0:  # a seat's face at rest
                    outer.drawn.set()
                return inner.render(frame)

            def close(self) -> None:
                outer.threads.append(threading.current_thread().name)

        return Proxy()


def test_the_renderer_lives_and_dies_on_one_thread() -> None:
    """Made, used and closed on the render thread."""
    stages = Watched()
    loop = RenderLoop(stages, "default", ManualClock())
    loop.start()
    loop.add(make_seat(Tally()))
    assert stages.drawn.wait(5.0)
    loop.stop()
    assert stages.threads == ["render"] * 4
    assert loop.still.rgb.shape == (512, 512, 3)


class NoOpenGl(FakeStages):
    def renderer(self, avatar: str) -> Renderer:  # type: ignore[override]
        raise RenderError("no OpenGL")


def test_a_missing_opengl_shows_at_start() -> None:
    """``start`` raises what the renderer raised."""
    with pytest.raises(RenderError, match="no OpenGL"):
        RenderLoop(NoOpenGl(), "default", ManualClock()).start()


def test_a_painter_that_fails_ends_its_session_and_no_other() -> None:
    """The cause is told, the thread goes on."""
    failed: list[Exception] = []
    told = threading.Event()

    class Bad:
        def pose(self, pts: int, coefficients: object) -> MeshFrame:
            raise RenderError("bad mesh")

    def tell(error: Exception) -> None:
        failed.append(error)
        told.set()

    stages = Watched()
    loop = RenderLoop(stages, "default", ManualClock())
    loop.start()
    seat = make_seat(Tally())
    seat.poser, seat.on_error = Bad(), tell
    loop.add(seat)
    assert told.wait(5.0)
    loop.add(make_seat(Tally()))
    assert stages.drawn.wait(5.0)
    loop.stop()
    assert [str(error) for error in failed] == ["bad mesh"]


def test_what_a_cut_changed_is_drawn_again() -> None:
    """From its first frame on, once; the picture says which cut it knows of."""
    seat = make_seat(Tally(), *range(6))
    source = seat.source
    assert isinstance(source, Frames)
    seat.next_motion(0.0)
    drawn = seat.next_motion(300.0)
    assert drawn is not None
    assert (drawn.pts, drawn.handover) == (5 * TICKS_PER_FRAME, None)
    assert seat.next_motion(300.0) is None
    source.handover = Handover(3, 5, np.zeros(COEFFICIENT_COUNT, np.float32))
    again = seat.next_motion(300.0)
    assert again is not None
    assert again.handover is source.handover
    assert seat.next_motion(300.0) is None


class Batches(Renderer):
    """Draws all that is due at once, but for heads it cannot draw."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    def render(self, frame: MeshFrame) -> VideoFrame:
        if frame.positions[0, 1] > 0.5:
            raise RenderError("no such jaw")
        return VideoFrame(frame.pts, np.zeros((2, 2, 3), np.uint8))

    def render_all(self, frames: Iterable[MeshFrame]) -> Iterator[VideoFrame]:
        batch = list(frames)
        self.batches.append([frame.pts for frame in batch])
        yield from [self.render(frame) for frame in batch]

    def close(self) -> None:
        pass


def test_all_that_is_due_is_drawn_in_one_batch() -> None:
    """Each seat gets its own picture; what is not due waits for the next."""
    clock, renderer, tally = ManualClock(), Batches(), Tally()
    loop = RenderLoop(FakeStages(), "default", clock)
    seats = [make_seat(tally, *numbers) for numbers in ((0,), (2,), (5000,))]
    for seat in seats:
        loop.add(seat)
    loop.draw_due({"default": renderer})
    clock.advance(201.0)
    loop.draw_due({"default": renderer})
    assert renderer.batches == [[-TICKS_PER_FRAME] * 3, [0, 2 * TICKS_PER_FRAME]]
    assert tally.count("frames_rendered_total") == 5
    shown = [seat.slot.latest() for seat in seats]
    assert [picture and picture.frame.pts for picture in shown] == [
        0,
        2 * TICKS_PER_FRAME,
        -TICKS_PER_FRAME,
    ]


def test_a_head_that_spoils_its_batch_ends_its_session_alone() -> None:
    """The others of the batch are drawn one by one."""
    failed: list[Exception] = []
    loop, renderer, tally = RenderLoop(FakeStages(), "default", ManualClock()), Batches(), Tally()
    seats = [make_seat(tally) for _ in range(3)]

    class Wide(JawPoser):
        def pose(self, pts: int, coefficients: F32) -> MeshFrame:
            return super().pose(pts, np.ones_like(coefficients))

    seats[1].poser, seats[1].on_error = Wide(), failed.append
    for seat in seats:
        loop.add(seat)
    loop.draw_due({"default": renderer})
    assert [str(error) for error in failed] == ["no such jaw"]
    assert tally.count("frames_rendered_total") == 2
    loop.draw_due({"default": renderer})
    assert renderer.batches == [[-TICKS_PER_FRAME] * 3, []]


def test_an_avatar_that_cannot_be_opened_ends_its_sessions() -> None:
    """Those of other avatars are drawn."""
    failed: list[Exception] = []
    loop, tally = RenderLoop(NoOpenGl(), "default", ManualClock()), Tally()
    lost, well = make_seat(tally), make_seat(tally)
    lost.avatar, lost.on_error = "strange", failed.append
    loop.add(lost)
    loop.add(well)
    loop.draw_due({"default": Batches()})
    assert [str(error) for error in failed] == ["no OpenGL"]
    assert tally.count("frames_rendered_total") == 1
