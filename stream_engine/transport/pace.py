"""When the next thing leaves: items in step with the line that voice and picture share."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from stream_engine.hand_off import TimedPicture
from stream_engine.protocols import Clock
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import F32, TICKS_PER_SECOND

PACKET_SAMPLES = TICKS_PER_SECOND // 50
"""20 ms, what Opus takes at a time."""

MAX_BEHIND_S = 0.3
"""What is further behind jumps to the present instead of sending a burst."""

Sleep = Callable[[float], Awaitable[None]]


class Programme(Protocol):
    """What is sent: a session."""

    clock: Clock
    tally: Tally

    def due(self, pts: int) -> float:
        """Wall time at which ``pts`` leaves."""
        ...

    def voice(self, pts: int, count: int) -> F32:
        """Take the voice that leaves at ``pts``."""
        ...

    def picture(self, pts: int) -> TimedPicture | None:
        """Take the picture that leaves at ``pts``; None when there is none."""
        ...


class Pace:
    """Gives one moment per ``step`` of media time, at the wall time the programme says.

    *Thread*: the loop.

    Args:
        programme: Whose line.
        step: Ticks between moments.
        sleep: Waits for seconds.
        first: The first moment.

    Attributes:
        skipped: Moments passed over by the last wait, because they were long past.
    """

    def __init__(
        self, programme: Programme, step: int, sleep: Sleep = asyncio.sleep, first: int = 0
    ) -> None:
        self._programme = programme
        self._step = step
        self._sleep = sleep
        self._next = first
        self.skipped = 0

    async def wait(self, warm_up: int = 0) -> int:
        """Wait for the next moment.

        Args:
            warm_up: Ticks waited besides where moments are passed over.

        Returns:
            Its media time.
        """
        programme = self._programme
        ahead = programme.due(self._next) - programme.clock.now()
        self.skipped = 0
        if ahead < -MAX_BEHIND_S:
            self.skipped = int(-ahead * TICKS_PER_SECOND) // self._step
            self._next += self.skipped * self._step + warm_up
        while ahead > 0:  # the line may have moved meanwhile
            await self._sleep(ahead)
            ahead = programme.due(self._next) - programme.clock.now()
        pts = self._next
        self._next += self._step
        return pts
