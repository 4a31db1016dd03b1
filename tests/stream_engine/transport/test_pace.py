"""One line for whatever leaves: in step, never in a burst."""

import asyncio

import pytest

from stream_engine.transport.pace import MAX_BEHIND_S, Pace
from stream_engine.types import TICKS_PER_SECOND
from tests.stream_engine.transport.test_tracks import FakeProgramme

STEP = 960


def moments(pace: Pace, count: int) -> list[int]:
    """So many of them."""

    async def wait() -> list[int]:
        return [await pace.wait() for _ in range(count)]

    return asyncio.run(wait())


def test_moments_come_in_step_at_the_time_the_programme_says() -> None:
    """No earlier, and none is left out."""
    programme = FakeProgramme()
    pace = Pace(programme, STEP, programme.sleep, first=4800)
    assert moments(pace, 4) == [4800, 5760, 6720, 7680]
    assert programme.clock.now() == pytest.approx(programme.due(7680))


def test_a_little_lateness_is_caught_up_and_much_is_passed_over() -> None:
    """Up to the limit every moment comes; beyond it those that are past are counted, not sent."""
    programme = FakeProgramme()
    pace = Pace(programme, STEP, programme.sleep)
    moments(pace, 1)
    programme.clock.advance(MAX_BEHIND_S)
    assert (moments(pace, 2), pace.skipped) == ([STEP, 2 * STEP], 0)
    moments(pace, 40)
    programme.clock.advance(2.0)
    (late,) = moments(pace, 1)
    assert pace.skipped == 2 * TICKS_PER_SECOND // STEP - 1
    assert late == (43 + pace.skipped) * STEP


def test_who_joins_under_way_warms_up_first() -> None:
    """Beside what is passed over."""
    programme = FakeProgramme()
    programme.clock.advance(10.5)
    pace = Pace(programme, STEP, programme.sleep)
    assert asyncio.run(pace.wait(warm_up=24_000)) == 10 * TICKS_PER_SECOND + 24_000
