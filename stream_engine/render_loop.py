"""The render thread: the latest due motion of every session to a picture, on one GL context."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np

from stream_engine.motion.arkit import COEFFICIENT_COUNT
from stream_engine.protocols import Clock, HeadPoser, Renderer, Stages
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import F32, TICKS_PER_FRAME, MotionFrames, VideoFrame

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


@dataclass(frozen=True, slots=True)
class TimedMotion:
    """One motion frame on its way to the picture; ``ready_s`` is when it became final."""

    pts: int
    coefficients: F32
    ready_s: float


@dataclass(frozen=True, slots=True)
class TimedPicture:
    """One picture on its way out.

    Attributes:
        frame: The picture.
        drawn_s: When it was finished.
        soonest_s: When it would have been, had it not waited for its time to be begun.
    """

    frame: VideoFrame
    drawn_s: float
    soonest_s: float


class FrameSlot:
    """Keeps the latest picture, nothing else; one that was never looked at is counted.

    *Thread*: any.
    """

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._picture: TimedPicture | None = None
        self._seen = True
        self._lock = threading.Lock()

    def put(self, picture: TimedPicture) -> None:
        """Replace the picture."""
        with self._lock:
            if not self._seen:
                self._tally.add("frames_overwritten_total")
            self._picture = picture
            self._seen = False

    def latest(self) -> TimedPicture | None:
        """Look at the picture; None before the first."""
        with self._lock:
            self._seen = True
            return self._picture


class MotionQueue:
    """Final motion waiting for its time to be drawn: two hops at most.

    When it is full the engine does not feed the session (its audio waits in the ring, 2 s); a
    frame that comes all the same pushes the oldest out, counted.

    *Thread*: any.

    Args:
        hop_frames: Frames per hop.
        tally: Counts.
    """

    def __init__(self, hop_frames: int, tally: Tally) -> None:
        self._hop = hop_frames
        self._capacity = 2 * hop_frames
        self._frames: deque[TimedMotion] = deque()
        self._tally = tally
        self._lock = threading.Lock()

    def room(self) -> bool:
        """Say whether one more hop fits."""
        return len(self._frames) + self._hop <= self._capacity

    def push(self, motion: TimedMotion) -> None:
        """Put a frame in."""
        with self._lock:
            if len(self._frames) == self._capacity:
                self._frames.popleft()
                self._tally.add("motion_dropped_total")
            self._frames.append(motion)

    def next_pts(self) -> int | None:
        """Media time of the oldest frame; None when empty."""
        with self._lock:
            return self._frames[0].pts if self._frames else None

    def pop_until(self, pts: int) -> TimedMotion | None:
        """Take every frame up to ``pts``; return the newest of them, count the others."""
        newest = None
        with self._lock:
            while self._frames and self._frames[0].pts <= pts:
                if newest is not None:
                    self._tally.add("frames_skipped_total")
                newest = self._frames.popleft()
        return newest


@dataclass(slots=True)
class Seat:
    """One session before the painter.

    Attributes:
        avatar: Whose renderer draws it.
        poser: Coefficients to vertices.
        queue: Motion to be drawn.
        slot: Takes the picture.
        due: Media time to the wall time of its release.
        tally: Counts.
        on_taken: Called when the queue has room again.
        on_error: Told, on the render thread, what ended the seat.
    """

    avatar: str
    poser: HeadPoser
    queue: MotionQueue
    slot: FrameSlot
    due: Callable[[int], float]
    tally: Tally
    on_taken: Callable[[], None]
    on_error: Callable[[Exception], None]
    _idle_drawn: bool = field(default=False, init=False)
    _drawing_s: float = field(default=USUAL_DRAWING_S, init=False)

    def push(self, frames: MotionFrames, now_s: float) -> None:
        """Queue final motion; any thread."""
        for index, coefficients in enumerate(frames.coefficients):
            pts = (frames.start + index) * TICKS_PER_FRAME
            self.queue.push(TimedMotion(pts, coefficients, now_s))

    def wake_at(self) -> float | None:
        """Wall time at which there is something to draw; None when there is nothing."""
        if not self._idle_drawn:
            return float("-inf")
        pts = self.queue.next_pts()
        return None if pts is None else self._start_of(pts)

    def next_motion(self, now_s: float) -> TimedMotion | None:
        """Take the newest motion that is due; the face at rest comes before all."""
        if not self._idle_drawn:
            self._idle_drawn = True
            return TimedMotion(-TICKS_PER_FRAME, np.zeros(COEFFICIENT_COUNT, np.float32), now_s)
        pts = self.queue.next_pts()
        if pts is None or self._start_of(pts) > now_s:
            return None
        while self._start_of(pts + TICKS_PER_FRAME) <= now_s:
            pts += TICKS_PER_FRAME
        motion = self.queue.pop_until(pts)
        self.on_taken()
        return motion

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
        begun_s = max(motion.ready_s, self._start_of(motion.pts))
        self._drawing_s = max(min(now_s - begun_s, MOST_DRAWING_S), FORGET * self._drawing_s)
        return now_s - (begun_s - motion.ready_s)

    def _start_of(self, pts: int) -> float:
        return self.due(pts) - self._drawing_s - SPARE_S


class RenderLoop:
    """Draws for every seat what is due, then sleeps until the next is.

    The renderers are made and used in the thread alone, one per avatar, shared by the sessions.

    *Thread*: its own; every method may be called from any.

    Args:
        stages: Makes the renderers.
        avatar: The one whose renderer is made at once, so that a missing OpenGL shows at start.
        clock: Wall time.
    """

    def __init__(self, stages: Stages, avatar: str, clock: Clock) -> None:
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
            for seat in self._seats:
                self._draw(seat, renderers)
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

    def _draw(self, seat: Seat, renderers: dict[str, Renderer]) -> None:
        try:
            started = self._clock.now()
            motion = seat.next_motion(started)
            if motion is None:
                return
            if seat.avatar not in renderers:
                renderers[seat.avatar] = self._stages.renderer(seat.avatar)
            mesh = seat.poser.pose(motion.pts, motion.coefficients)
            frame = renderers[seat.avatar].render(mesh)
            now = self._clock.now()
            soonest_s = seat.drawn(motion, now)
            seat.slot.put(TimedPicture(frame, now, soonest_s))
            seat.tally.add("frames_rendered_total")
            seat.tally.observe("render_seconds", now - started)
            seat.tally.observe("motion_to_picture_seconds", now - motion.ready_s)
        except Exception as error:
            logger.exception("drawing a session failed")
            self.remove(seat)
            seat.on_error(error)
