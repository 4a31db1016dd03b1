"""How steady the machine is by itself: what else runs there is in the tail of every latency.

On a machine that is shared by virtual ones, time that others take need not show as such: work just
takes longer. So equal pieces of work are timed on every core at once, before anything is measured.
"""

import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from stream_engine.cores import usable_cores

SLOW = 2.0
"""Over the median, from where a piece of work counts as held up."""

_ADDITIONS = 5_000  # a quarter of a millisecond
_SECONDS = 3.0
_IN_TRIAL = 0.5


def slow_share(seconds: float) -> float:
    """Measure how much of the time a core does less than half of what it usually does.

    Args:
        seconds: Of the trials that follow; half of it is taken, three seconds at most.

    Returns:
        Share of the time of all cores, 0..1.
    """
    cores = usable_cores()
    lengths = [min(_SECONDS, _IN_TRIAL * seconds)] * cores
    with ProcessPoolExecutor(cores, multiprocessing.get_context("spawn")) as workers:
        return sum(held_up(pieces) for pieces in workers.map(time_pieces, lengths)) / cores


def time_pieces(seconds: float) -> list[float]:
    """Do equal pieces of work for so long.

    Args:
        seconds: How long.

    Returns:
        Seconds that each took.
    """
    took, began = [], time.perf_counter()
    last = began
    while last - began < seconds:
        total = 0
        for number in range(_ADDITIONS):
            total += number
        now = time.perf_counter()
        took.append(now - last)
        last = now
    return took


def held_up(pieces: Sequence[float]) -> float:
    """Share of the time in which pieces took longer than `SLOW` medians, 0..1."""
    usual = sorted(pieces)[len(pieces) // 2]
    return sum(took for took in pieces if took > SLOW * usual) / sum(pieces)
