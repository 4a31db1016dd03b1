"""How much comes in how fast: token buckets, one or one for each address."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from stream_engine.protocols import Clock
from stream_engine.telemetry.metrics import Tally

MOST_ADDRESSES = 10_000
"""Addresses remembered; the one that was silent longest is forgotten first."""

AUDIO_BURST_S = 30.0
"""Speech that a WebSocket takes at once before `Pace` holds it up."""


class Bucket:
    """Fills at a steady rate up to its size; what comes in is taken from it.

    In any time t no more is let through than size + rate · t.

    *State*: two numbers.

    Args:
        rate: A second; 0 for no limit.
        size: Full, as it begins.
        now_s: Wall time.
    """

    __slots__ = ("_left", "_rate", "_seen_s", "_size")

    def __init__(self, rate: float, size: float, now_s: float) -> None:
        self._rate, self._size = rate, size
        self._left, self._seen_s = size, now_s

    def take(self, now_s: float) -> float:
        """Take one if there is one.

        Args:
            now_s: Wall time.

        Returns:
            0 if it was taken, or seconds until there will be one.
        """
        self._fill(now_s)
        if self._rate and self._left < 1.0:
            return (1.0 - self._left) / self._rate
        self._left -= 1.0
        return 0.0

    def owe(self, amount: float, now_s: float) -> float:
        """Take so much in any case.

        Args:
            amount: May be more than the size.
            now_s: Wall time.

        Returns:
            Seconds to wait before anything else is taken.
        """
        self._fill(now_s)
        self._left -= amount
        return max(0.0, -self._left / self._rate) if self._rate else 0.0

    def _fill(self, now_s: float) -> None:
        gained = self._rate * max(0.0, now_s - self._seen_s)
        self._left = min(self._size, self._left + gained) if self._rate else self._size
        self._seen_s = now_s


class AddressBuckets:
    """A bucket for each address.

    *State*: `MOST_ADDRESSES` buckets. When one more comes the one that was silent longest goes, and
    is counted: its address begins with a full bucket if it comes again.

    Args:
        rate: A second and address; 0 for no limit.
        size: Of each bucket.
        clock: Wall time.
        tally: Counts.
    """

    def __init__(self, rate: float, size: float, clock: Clock, tally: Tally) -> None:
        self._rate, self._size = rate, size
        self._clock = clock
        self._tally = tally
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, address: str) -> float:
        """Take one of an address; 0, or seconds until there will be one."""
        now_s = self._clock.now()
        bucket = self._buckets.get(address)
        if bucket is None:
            if len(self._buckets) >= MOST_ADDRESSES:
                self._buckets.popitem(last=False)
                self._tally.add("addresses_forgotten_total")
            bucket = self._buckets[address] = Bucket(self._rate, self._size, now_s)
        self._buckets.move_to_end(address)
        return bucket.take(now_s)


class Pace:
    """Holds up who sends faster than allowed: what is not read stays with the sender.

    *Thread*: the loop.

    Args:
        rate: Messages, or seconds of speech, a second; 0 for no limit.
        burst: So much at once.
        clock: Wall time.
        tally: Counts what was held up.
        sleep: Waits.
    """

    def __init__(
        self,
        rate: float,
        burst: float,
        clock: Clock,
        tally: Tally,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._tally = tally
        self._sleep = sleep
        self._bucket = Bucket(rate, burst, clock.now())

    async def hold(self, amount: float = 1.0) -> None:
        """Wait until so much may come."""
        wait_s = self._bucket.owe(amount, self._clock.now())
        if wait_s > 0.0:
            self._tally.add("messages_held_total")
            await self._sleep(wait_s)
