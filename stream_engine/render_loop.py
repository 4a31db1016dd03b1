"""The render thread: the latest due motion of every session to a picture, on one GL context."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stream_engine.batching.health import Health
from stream_engine.hand_off import FrameSlot, TimedMotion, TimedPicture
from stream_engine.motion.arkit import COEFFICIENT_COUNT
from stream_engine.motion.handover import Handover
from stream_engine.protocols import Clock, HeadPoser, Renderer, Stages
from stream_engine.telemetry.metrics import Tally
from stream_engine.telemetry.spans import span, waited
from stream_engine.types import F32, TICKS_PER_FRAME, MeshFrame, VideoFrame

logger = logging.getLogger(__name__)

SPARE_S = 0.012
"""A picture is to be finished this long before its release; sooner, and it would push the one
before it out of the slot."""

USUAL_DRAWING_S = 0.018
MOST_DRAWING_S = 0.06
FORGET = 0.97
"""Drawing time expected of the first picture, the most that is planned for, and what is kept of
the longest per picture since."""

IDLE_WAIT_S = 0.5
"""Longest sleep of the thread."""


class MotionSource(Protocol):
    """Final motion by frame number; any thread. `batching.lane.Lane` is one."""

    @property
    def handover(self) -> Handover | None:
        """The last cut: what it changes is to be drawn again."""
        ...

    def frames_from(self, first: int) -> NDArray[np.int64]:
        """Numbers of the frames from ``first`` on that can be had."""
        ...

    def motion_of(self, frame: int) -> tuple[F32, float] | None:
        """Coefficients and the wall time they were ready; None when all is over."""
        ...


@dataclass(slots=True)
class Seat:
    """One session before the painter.

    Attributes:
        avatar: Whose renderer draws it.
        poser: Coefficients to vertices.
        source: Motion to be drawn.
        slot: Takes the picture.
        due: Media time to the wall time of its release.
        tally: Counts.
        on_error: Told, on the render thread, what ended the seat.
    """

    avatar: str
    poser: HeadPoser
    source: MotionSource
    slot: FrameSlot
    due: Callable[[int], float]
    tally: Tally
    on_error: Callable[[Exception], None]
    _idle_drawn: bool = field(default=False, init=False)
    _drawing_s: float = field(default=USUAL_DRAWING_S, init=False)
    _next: int = field(default=0, init=False)
    _handover: Handover | None = field(default=None, init=False)

    def wake_at(self) -> float | None:
        """Wall time at which there is something to draw; None when there is nothing."""
        if not self._idle_drawn:
            return float("-inf")
        self._go_back()
        waiting = self.source.frames_from(self._next)
        return self._start_of(int(waiting[0])) if len(waiting) else None

    def next_motion(self, now_s: float) -> TimedMotion | None:
        """Take the newest motion that is due; the face at rest comes before all."""
        if not self._idle_drawn:
            self._idle_drawn = True
            return TimedMotion(-TICKS_PER_FRAME, np.zeros(COEFFICIENT_COUNT, np.float32), now_s)
        self._go_back()
        waiting = self.source.frames_from(self._next)
        due = [frame for frame in waiting.tolist() if self._start_of(frame) <= now_s]
        found = self.source.motion_of(due[-1]) if due else None
        if found is None:
            return None
        self._next = due[-1] + 1
        self.tally.add("frames_skipped_total", len(due) - 1)
        return TimedMotion(due[-1] * TICKS_PER_FRAME, *found, self._handover)

    def _go_back(self) -> None:
        """Draw again what a cut has changed."""
        handover = self.source.handover
        if handover is not None and handover is not self._handover:
            self._handover, self._next = handover, min(self._next, handover.first)

    def drawn(self, motion: TimedMotion, now_s: float) -> float:
        """Take note when a picture was finished: the next is begun that much earlier.

        Args:
            motion: What it shows.
            now_s: Wall time.

        Returns:
            When it would have been finished without waiting for its time.
        """
        if motion.pts < 0:
            return now_s
        begun_s = max(motion.ready_s, self._start_of(motion.pts // TICKS_PER_FRAME))
        self._drawing_s = max(min(now_s - begun_s, MOST_DRAWING_S), FORGET * self._drawing_s)
        return now_s - (begun_s - motion.ready_s)

    def _start_of(self, frame: int) -> float:
        return self.due(frame * TICKS_PER_FRAME) - self._drawing_s - SPARE_S


@dataclass(frozen=True, slots=True)
class _Posed:
    """A head that is to be drawn, since when, and of what."""

    seat: Seat
    motion: TimedMotion
    mesh: MeshFrame
    started: float


class RenderLoop:
    """Draws for every seat what is due, then sleeps until the next is.

    The renderers are made and used in the thread alone, one per avatar, shared by the sessions.

    *Thread*: its own; every method may be called from any.

    Args:
        stages: Makes the renderers.
        avatar: The one whose renderer is made at once, so that a missing OpenGL shows at start.
        clock: Wall time.

    Attributes:
        health: Whether it can draw for anybody; for others to look at only.
    """

    def __init__(self, stages: Stages, avatar: str, clock: Clock) -> None:
        self.health = Health()
        self._stages = stages
        self._avatar = avatar
        self._clock = clock
        self._seats: tuple[Seat, ...] = ()
        self._condition = threading.Condition()
        self._woken = False
        self._stopping = False
        self._opened: Future[VideoFrame] = Future()
        self._thread = threading.Thread(target=self._run, name="render", daemon=True)

    def start(self) -> None:
        """Start the thread; raises what the renderer raised if it cannot be made."""
        self._thread.start()
        self._opened.result()

    @property
    def still(self) -> VideoFrame:
        """The first avatar's face at rest, drawn at the start."""
        return self._opened.result(timeout=0)

    def stop(self) -> None:
        """Stop the thread and wait for it; the renderers are closed in it."""
        self._stopping = True
        self.wake()
        self._thread.join()

    def add(self, seat: Seat) -> None:
        """Take a seat in."""
        with self._condition:
            self._seats = (*self._seats, seat)
        self.wake()

    def remove(self, seat: Seat) -> None:
        """Let a seat go."""
        with self._condition:
            self._seats = tuple(other for other in self._seats if other is not seat)

    def show(self, seat: Seat, pictures: bool) -> None:
        """Draw for a seat, or, while nobody looks, do not; the first picture then is a new one."""
        seat.slot.shut(not pictures)
        self.remove(seat)
        if pictures:
            self.add(seat)

    def wake(self) -> None:
        """Say that there is motion."""
        with self._condition:
            self._woken = True
            self._condition.notify()

    def _run(self) -> None:
        renderers: dict[str, Renderer] = {}
        try:
            renderer = renderers[self._avatar] = self._stages.renderer(self._avatar)
            rest = np.zeros(COEFFICIENT_COUNT, np.float32)
            still = renderer.render(self._stages.head_poser(self._avatar).pose(0, rest))
        except Exception as error:  # noqa: BLE001 - handed to whoever starts the thread
            self._opened.set_exception(error)
            return
        self._opened.set_result(still)
        while not self._stopping:
            self._wait()
            self.draw_due(renderers)
        for renderer in renderers.values():
            renderer.close()

    def _wait(self) -> None:
        with self._condition:
            while not self._woken and not self._stopping:
                times = [at for seat in self._seats if (at := seat.wake_at()) is not None]
                timeout = min([*times, self._clock.now() + IDLE_WAIT_S]) - self._clock.now()
                if timeout <= 0:
                    break
                self._condition.wait(timeout)
            self._woken = False

    def draw_due(self, renderers: dict[str, Renderer]) -> None:
        """Draw what is due, the heads of one avatar, then of the next; the thread's work.

        Args:
            renderers: By avatar; what is missing is made and stays.
        """
        seats = self._seats
        for avatar in dict.fromkeys(seat.avatar for seat in seats):
            theirs = [seat for seat in seats if seat.avatar == avatar]
            try:
                if avatar not in renderers:
                    renderers[avatar] = self._stages.renderer(avatar)
            except Exception as error:  # noqa: BLE001 - told, and logged, for each
                for seat in theirs:
                    self._fail(seat, error)
            else:
                self._draw_heads(theirs, renderers[avatar])

    def _draw_heads(self, seats: Sequence[Seat], renderer: Renderer) -> None:
        posed: deque[_Posed] = deque()
        try:
            for picture in renderer.render_all(self._poses(seats, posed)):
                self._give(posed[0], picture)
                posed.popleft()
        except Exception:  # noqa: BLE001 - whose fault it was shows now
            for head in posed:
                try:
                    self._give(head, renderer.render(head.mesh))
                except Exception as error:  # noqa: BLE001 - told, and logged
                    self._fail(head.seat, error)

    def _poses(self, seats: Sequence[Seat], posed: deque[_Posed]) -> Iterator[MeshFrame]:
        """Pose whoever has something due, when the renderer asks; note what it was given."""
        for seat in seats:
            try:
                started = self._clock.now()
                motion = seat.next_motion(started)
                if motion is None:
                    continue
                waited("painter", motion.ready_s, started, motion.pts)
                with span("mesh", pts=motion.pts):
                    mesh = seat.poser.pose(motion.pts, motion.coefficients)
            except Exception as error:  # noqa: BLE001 - told, and logged
                self._fail(seat, error)
                continue
            posed.append(_Posed(seat, motion, mesh, started))
            yield mesh

    def _give(self, head: _Posed, picture: VideoFrame) -> None:
        seat, motion, now = head.seat, head.motion, self._clock.now()
        soonest_s = seat.drawn(motion, now)
        seat.slot.put(TimedPicture(picture, now, soonest_s, motion.handover))
        seat.tally.add("frames_rendered_total")
        seat.tally.observe("render_seconds", now - head.started)
        seat.tally.observe("motion_to_picture_seconds", now - motion.ready_s)
        self.health.worked()

    def _fail(self, seat: Seat, error: Exception) -> None:
        self.health.failed(self._clock.now())
        logger.error("drawing a session failed", exc_info=error)
        self.remove(seat)
        seat.on_error(error)
