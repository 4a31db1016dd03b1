"""Token buckets: no more than size + rate · t in any time t."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from stream_engine.gate.buckets import MOST_ADDRESSES, AddressBuckets, Bucket, Pace
from stream_engine.telemetry.metrics import Tally
from tests.fakes.clock import ManualClock

RATES = st.floats(0.1, 1000)
SIZES = st.integers(1, 100)
PAUSES = st.lists(st.floats(0, 10), max_size=200)


@given(RATES, SIZES, PAUSES)
def test_no_stretch_of_time_lets_more_through(rate: float, size: int, pauses: list[float]) -> None:
    """Between any two that were let through."""
    now_s, taken = 100.0, []
    bucket = Bucket(rate, size, now_s)
    for pause in pauses:
        now_s += pause
        if not bucket.take(now_s):
            taken.append(now_s)
    for first, since in enumerate(taken):
        for count, until in enumerate(taken[first:], 1):
            assert count <= size + rate * (until - since) * (1 + 1e-9) + 1e-6


@given(RATES, SIZES, PAUSES)
def test_who_waits_as_long_as_told_is_let_through(
    rate: float, size: int, pauses: list[float]
) -> None:
    """And never waits longer than one takes to come back."""
    now_s = 100.0
    bucket = Bucket(rate, size, now_s)
    for pause in pauses:
        now_s += pause
        wait_s = bucket.take(now_s)
        assert 0.0 <= wait_s <= 1.0 / rate + 1e-9
        if wait_s:
            now_s += wait_s + 1e-6
            assert not bucket.take(now_s) or rate * 1e-6 < 1e-6


@given(st.lists(st.floats(0, 50), max_size=50), st.floats(1, 50), st.floats(0.1, 30))
def test_a_pace_is_kept_on_average_whatever_the_pieces(
    pieces: list[float], rate: float, burst: float
) -> None:
    """By any moment at most burst + rate · t, with pieces longer than the burst, too."""
    clock, tally = ManualClock(), Tally()
    begun = clock.now()

    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    async def run() -> None:
        pace, came = Pace(rate, burst, clock, tally, sleep), 0.0
        for piece in pieces:
            await pace.hold(piece)
            came += piece
            assert came <= burst + rate * (clock.now() - begun) + 1e-6

    asyncio.run(run())
    assert bool(tally.count("messages_held_total")) == (clock.now() > begun)


@given(st.lists(st.floats(0, 1e6), max_size=20))
def test_without_a_rate_there_is_no_limit(pieces: list[float]) -> None:
    """Nothing waits."""
    bucket = Bucket(0.0, 1, 0.0)
    assert all(not bucket.owe(piece, 0.0) and not bucket.take(0.0) for piece in pieces)


def test_a_clock_that_stands_or_is_set_back_gives_nothing() -> None:
    """And takes nothing either."""
    bucket = Bucket(1.0, 1, 100.0)
    assert bucket.take(100.0) == 0.0
    assert bucket.take(50.0) > 0.0
    assert bucket.take(51.0) == 0.0


def test_a_bucket_is_never_more_than_full() -> None:
    """However long the pause."""
    bucket = Bucket(1.0, 3, 0.0)
    assert [bucket.take(1e6) == 0.0 for _ in range(5)] == [True, True, True, False, False]


def test_who_was_heard_lately_is_not_forgotten() -> None:
    """Coming first does not mean going first."""
    buckets = AddressBuckets(1.0, 1, ManualClock(), Tally())
    for number in range(MOST_ADDRESSES):
        buckets.take(str(number))
    assert buckets.take("0") > 0.0
    for number in range(10):
        buckets.take(f"new {number}")
    assert buckets.take("0") > 0.0
    assert buckets.take("1") == 0.0


def test_addresses_are_counted_apart_and_not_without_bound() -> None:
    """Who was silent longest is forgotten; that is counted."""
    clock, tally = ManualClock(), Tally()
    buckets = AddressBuckets(1.0, 1, clock, tally)
    assert buckets.take("first") == 0.0
    assert buckets.take("second") == 0.0
    assert buckets.take("first") > 0.0
    for number in range(MOST_ADDRESSES):
        buckets.take(str(number))
    assert len(buckets) == MOST_ADDRESSES
    assert tally.count("addresses_forgotten_total") == 2
    assert buckets.take(str(MOST_ADDRESSES - 1)) > 0.0
    assert buckets.take("first") == 0.0
