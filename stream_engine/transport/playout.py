"""When a moment of media time leaves the server."""

from dataclasses import dataclass, field

from stream_engine.types import TICKS_PER_SECOND

JITTER_ALLOWANCE_S = 0.02
"""Lateness of a packet that costs nothing: the delay has room for it."""

BLOCK_TICKS = 2 * TICKS_PER_SECOND
"""Media time over which arrivals are looked at before the line moves."""

MAX_SLEW_S = 0.01
"""Furthest the line moves per block: half a per cent, more than any sound card drifts."""


@dataclass(slots=True)
class PlayoutClock:
    """The line between the sender's media time and our wall time, plus a fixed delay.

    Tick t arrives at ``origin + t / 48000`` and leaves ``delay`` later; voice and picture ask the
    same line, so they leave together. The line follows the sender's sound card: packets that
    come later than the allowance push it back at once, drift moves it slowly.

    *Latency*: ``delay_ticks``. *State*: five numbers. *Thread*: one writer (the loop); any reader.

    Args:
        origin_s: Wall time of tick 0.
        delay_ticks: Media time between arrival and release.
    """

    origin_s: float
    delay_ticks: int
    _earliest_s: float = field(default=float("inf"), init=False)
    _latest_s: float = field(default=float("-inf"), init=False)
    _block_end: int = field(default=BLOCK_TICKS, init=False)

    def observe(self, end: int, now_s: float) -> None:
        """Take note that the sample before tick ``end`` arrived at ``now_s``."""
        late = now_s - self.arrival(end)
        if late > JITTER_ALLOWANCE_S:
            self._shift(late - JITTER_ALLOWANCE_S)
            late = JITTER_ALLOWANCE_S
        self._earliest_s = min(self._earliest_s, late)
        self._latest_s = max(self._latest_s, late)
        if end >= self._block_end:
            wanted = max(self._earliest_s, self._latest_s - JITTER_ALLOWANCE_S)
            self._shift(max(-MAX_SLEW_S, min(MAX_SLEW_S, wanted)))
            self._earliest_s, self._latest_s = float("inf"), float("-inf")
            self._block_end = end + BLOCK_TICKS

    def _shift(self, seconds: float) -> None:
        self.origin_s += seconds
        self._earliest_s -= seconds
        self._latest_s -= seconds

    def arrival(self, pts: int) -> float:
        """Wall time at which tick ``pts`` is expected to have arrived."""
        return self.origin_s + pts / TICKS_PER_SECOND

    def due(self, pts: int) -> float:
        """Wall time at which tick ``pts`` leaves."""
        return self.origin_s + (pts + self.delay_ticks) / TICKS_PER_SECOND

    def position(self, now_s: float) -> int:
        """Tick that is expected to arrive now."""
        return int((now_s - self.origin_s) * TICKS_PER_SECOND)
