"""What sessions that have gone leave in memory until the collector comes."""

import gc

from stream_engine.protocols import Clock

LOOKS = 3
"""After a session's end: its connection takes a second or two longer."""

PAUSE = 100.0
"""Least time from one look to the next, in lengths of a look."""


class Leftovers:
    """Has the collector come soon after sessions end, and find its way in milliseconds.

    A session and its connection are knots of objects (aiortc's above all) that hold megabytes:
    sound, coders, buffers. The collector counts objects, not bytes, and would let dozens pile up.
    What was there before the first session is put out of its sight, so that it has little to look
    through: all threads stand still meanwhile.

    *State*: three numbers. *Thread*: the loop.

    Args:
        clock: Tells how long a look took.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._closed = 0
        self._looks = 0
        self._not_before_s = float("-inf")

    def begin(self) -> None:
        """Leave out of all looks what is there now."""
        gc.freeze()

    def look(self, closed: int) -> bool:
        """Collect if sessions have ended lately; to be asked once a second.

        Args:
            closed: Sessions that ever ended.

        Returns:
            Whether it did.
        """
        if closed != self._closed:
            self._closed, self._looks = closed, LOOKS
        began_s = self._clock.now()
        if not self._looks or began_s < self._not_before_s:
            return False
        self._looks -= 1
        gc.collect()
        self._not_before_s = began_s + PAUSE * (self._clock.now() - began_s)
        return True

    def end(self) -> None:
        """Look through everything again."""
        gc.unfreeze()
