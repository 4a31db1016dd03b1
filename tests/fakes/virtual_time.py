"""Time that passes only from one thing that happens to the next, for hours within a minute."""

import heapq
import itertools
from collections.abc import Callable, Generator
from typing import Any, Protocol

from tests.fakes.clock import ManualClock

_TICK_S = 1e-6


class Track(Protocol):
    """What gives one thing after another; `transport.tracks` are."""

    async def recv(self) -> Any:
        """Give the next when it is due."""
        ...


class _Pause:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __await__(self) -> Generator[float, None, None]:
        yield self._seconds


async def pause(seconds: float) -> None:
    """Sleep, as a track does."""
    await _Pause(seconds)


class VirtualTime:
    """Things to be done at a time, done in that order; what is overdue is done at once."""

    def __init__(self, start_s: float = 50.0) -> None:
        self.clock = ManualClock(start_s)
        self._todo: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()

    def at(self, when_s: float, work: Callable[[], None]) -> None:
        """Have something done."""
        heapq.heappush(self._todo, (when_s, next(self._count), work))

    def play(self, track: Track, taken: Callable[[Any], None]) -> None:
        """Take everything a track gives, as a sender would, from now on."""

        async def take() -> None:
            while True:
                taken(await track.recv())

        working = take()

        def go_on() -> None:
            seconds = working.send(None)
            self.at(self.clock.now() + max(_TICK_S, seconds), go_on)

        self.at(self.clock.now(), go_on)

    def run(self, until_s: float) -> None:
        """Let time pass until then."""
        while self._todo and self._todo[0][0] <= until_s:
            when_s, _, work = heapq.heappop(self._todo)
            self.clock.advance(max(0.0, when_s - self.clock.now()))
            work()
        self.clock.advance(max(0.0, until_s - self.clock.now()))
