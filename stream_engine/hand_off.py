"""Between engine, painter and track: a queue of motion and a slot for the latest picture."""

import threading
from collections import deque
from dataclasses import dataclass

from stream_engine.telemetry.metrics import Tally
from stream_engine.types import F32, VideoFrame


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
