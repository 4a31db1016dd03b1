"""When a moment of media time leaves the server."""

from dataclasses import dataclass, field

from stream_engine.types import TICKS_PER_SECOND

ALLOWANCE_S = 0.01
"""Lateness of a packet that costs nothing: the margin has room for it."""

VOICE_GUARD_S = 0.04
"""The line jumps when a packet comes so shortly before its voice must leave."""

SETTLING_TICKS = 3 * TICKS_PER_SECOND
SETTLING_BLOCK_TICKS = TICKS_PER_SECOND // 2
SETTLING_DOWN_S = 0.05
"""At the start packets come unevenly and the line may be far too late: it comes down quickly."""

BLOCK_TICKS = 2 * TICKS_PER_SECOND
MAX_SLEW_S = 0.01
"""Later it moves by half a per cent at most, more than any sound card drifts."""


@dataclass(slots=True)
class PlayoutClock:
    """The line between the sender's media time and our wall time, plus a fixed delay.

    Tick t arrives at ``origin + t / 48000`` and leaves ``delay`` later; voice and picture ask the
    same line, so they leave together. The line follows the sender's sound card: after every block
    of arrivals it glides towards the place where the latest of them is just in time. It jumps
    only when the voice would break off, since a browser answers a jump with more buffering for
    the next half minute.

    *Latency*: ``delay_ticks``. *State*: six numbers. *Thread*: one writer (the loop); any reader.

    Args:
        origin_s: Wall time of tick 0.
        delay_ticks: Media time between arrival and release.
    """

    origin_s: float
    delay_ticks: int
    _earliest_s: float = field(default=float("inf"), init=False)
    _latest_s: float = field(default=float("-inf"), init=False)
    _block_start: int = field(default=0, init=False)
    _settled_at: int = field(default=SETTLING_TICKS, init=False)
    _glide_s_per_tick: float = field(default=0.0, init=False)

    def observe(self, start: int, end: int, now_s: float) -> None:
        """Take note that the samples ``start .. end`` arrived at ``now_s``."""
        self._shift(self._glide_s_per_tick * (end - start))
        late = now_s - self.arrival(end)
        most = self.delay_ticks / TICKS_PER_SECOND - VOICE_GUARD_S
        if late > most:
            self._shift(late - most)
            late = most
        self._earliest_s = min(self._earliest_s, late)
        self._latest_s = max(self._latest_s, late)
        settling = end < self._settled_at
        block = SETTLING_BLOCK_TICKS if settling else BLOCK_TICKS
        if end - self._block_start >= block:
            down = SETTLING_DOWN_S if settling else MAX_SLEW_S
            wanted = max(self._earliest_s, self._latest_s - ALLOWANCE_S)
            self._glide_s_per_tick = max(-down, min(MAX_SLEW_S, wanted)) / block
            self._earliest_s, self._latest_s = float("inf"), float("-inf")
            self._block_start = end

    def settle(self, position: int) -> None:
        """Say that a sender starts, or starts anew, at ``position``."""
        self._settled_at = position + SETTLING_TICKS
        self._block_start = position
        self._glide_s_per_tick = 0.0
        self._earliest_s, self._latest_s = float("inf"), float("-inf")

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
