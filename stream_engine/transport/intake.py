"""Received audio onto the session's one sample counter."""

from stream_engine.audio.ring_buffer import RingBuffer
from stream_engine.telemetry.metrics import Tally
from stream_engine.transport.playout import PlayoutClock
from stream_engine.types import F32, TICKS_PER_SECOND

STALL_S = 0.2
"""Without a packet for so long, the session's time goes on with silence."""

STALL_SLACK = TICKS_PER_SECOND * 60 // 1000
"""Silence stays this far behind the line, so that a packet that comes back finds its place."""

MAX_GAP = TICKS_PER_SECOND
"""A longer hole is a sender's clock that was set anew, not lost packets."""

MAX_EARLY_S = 0.2
"""A hole that took this much less time than it is long is such a clock, too."""

MAX_BEHIND_PACKETS = 25
"""So many packets in a row for a time already past: the sender's clock stood still."""


class AudioIntake:
    """Writes packets into the ring buffer where their timestamps say, holes filled with silence.

    The counter is the ring's ``end``: it follows the sender's clock while packets come and the
    wall clock while none do, so it never stands still and never goes back.

    *State*: three numbers. *Thread*: the loop.

    Args:
        ring: Takes the samples at 48 kHz; its only writer is this.
        playout: Learns when samples arrive.
        tally: Counts what was lost, filled and dropped.
    """

    def __init__(self, ring: RingBuffer, playout: PlayoutClock, tally: Tally) -> None:
        self._ring = ring
        self._playout = playout
        self._tally = tally
        self._offset: int | None = None
        self._behind = 0
        self._heard_s = float("-inf")

    def push(self, pts: int, samples: F32, now_s: float) -> None:
        """Take one packet.

        Args:
            pts: The sender's time of the first sample, 1/48,000 s, any origin.
            samples: float32 [N] at 48 kHz.
            now_s: Wall time of arrival.
        """
        self._heard_s = now_s
        self._tally.add("audio_samples_total", len(samples))
        if self._offset is None:
            self._tie(pts, len(samples), now_s)
        assert self._offset is not None
        gap = pts + self._offset - self._ring.end
        self._behind = self._behind + 1 if gap <= -len(samples) else 0
        early_s = self._playout.arrival(self._ring.end + gap + len(samples)) - now_s
        anew = gap > MAX_GAP or (gap > 0 and early_s > MAX_EARLY_S)
        if anew or self._behind > MAX_BEHIND_PACKETS:
            self._tally.add("audio_rebased_total")
            self._tie(pts, len(samples), now_s)
            gap = 0
        if gap > 0:
            self._ring.append_silence(gap)
            self._tally.add("audio_gap_samples_total", gap)
        elif gap < 0:
            self._tally.add("audio_dropped_samples_total", min(-gap, len(samples)))
            samples = samples[-gap:]
        if len(samples):
            start = self._ring.end
            self._ring.append(samples)
            self._playout.observe(start, self._ring.end, now_s)

    def advance(self, now_s: float) -> bool:
        """Go on with silence if nothing has come for a while.

        Args:
            now_s: Wall time.

        Returns:
            Whether the counter moved.
        """
        if now_s - self._heard_s < STALL_S:
            return False
        missing = self._playout.position(now_s) - STALL_SLACK - self._ring.end
        if missing <= 0:
            return False
        self._ring.append_silence(missing)
        self._tally.add("audio_stall_samples_total", missing)
        return True

    def _tie(self, pts: int, length: int, now_s: float) -> None:
        # The packet's last sample has just arrived: that is where the line is now.
        missing = self._playout.position(now_s) - length - self._ring.end
        if missing > 0:
            self._ring.append_silence(missing)
            self._tally.add("audio_stall_samples_total", missing)
        self._offset = self._ring.end - pts
        self._playout.settle(self._ring.end)
        self._behind = 0
