"""Holds frames for other programs until they are due, like picture and voice."""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from stream_engine.protocols import Clock
from stream_engine.transport.outputs import Outlet
from stream_engine.types import F32, MOTION_FPS, TICKS_PER_FRAME, MotionFrames

MOST_WAITING = 2 * MOTION_FPS
"""Frames that wait; with more the oldest is dropped."""

EARLY_S = 0.001
"""A timer that fires so much too early does not wait again."""


class Timer(Protocol):
    """A call to come, as asyncio's `TimerHandle`."""

    def cancel(self) -> None:
        """Let it not come."""
        ...


Later = Callable[[float, Callable[[], None]], Timer]
"""Calls something after so many seconds, as asyncio's ``call_later``."""


class PacedOutlet:
    """Sends each frame when it is due; of those that are due at once, the newest alone.

    Implements `FrameSink`. *State*: `MOST_WAITING` frames at most, a timer. *Thread*: the loop.

    Args:
        outlet: Sends.
        due: Media time to the wall time of its release; may move while frames wait.
        clock: Wall time.
        later: Calls after so many seconds.
    """

    def __init__(
        self, outlet: Outlet, due: Callable[[int], float], clock: Clock, later: Later
    ) -> None:
        self._outlet = outlet
        self._due = due
        self._clock = clock
        self._later = later
        self._waiting: deque[tuple[int, F32]] = deque()
        self._timer: Timer | None = None

    def write(self, frames: MotionFrames) -> None:
        """Take frames, in order."""
        if not self._outlet.open:
            return
        while self._waiting and self._waiting[-1][0] >= frames.start:  # cut, and made anew
            self._waiting.pop()
        for offset, row in enumerate(frames.coefficients):
            self._waiting.append((frames.start + offset, row))
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            self._outlet.skip(1)
        if self._timer is None:
            self._release()

    def close(self) -> None:
        """Send nothing any more, what waits included; may be called again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._waiting.clear()
        self._outlet.close()

    def _release(self) -> None:
        self._timer = None
        due: list[tuple[int, F32]] = []
        while self._waiting and self._ahead_s() <= EARLY_S:
            due.append(self._waiting.popleft())
        if due:
            self._outlet.skip(len(due) - 1)
            self._outlet.send(*due[-1])
        if self._waiting:
            self._timer = self._later(self._ahead_s(), self._release)

    def _ahead_s(self) -> float:
        frame, _ = self._waiting[0]
        return self._due(frame * TICKS_PER_FRAME) - self._clock.now()
