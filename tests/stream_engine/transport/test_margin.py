from hypothesis import given
from hypothesis import strategies as st

from stream_engine.transport.margin import BLOCK, LEAST_SLACK_S, MAX_EXTRA, STEP, Margin
from stream_engine.types import TICKS_PER_SECOND


def settle(margin: Margin, slack_s: float, blocks: int) -> None:
    """Pictures ready ``slack_s`` before their release if there were no extra delay."""
    for _ in range(blocks * BLOCK):
        margin.observe(slack_s + margin.extra / TICKS_PER_SECOND)


def test_a_quick_machine_gets_no_extra_delay() -> None:
    """8 ms of slack: nothing changes."""
    margin = Margin()
    settle(margin, 0.008, 10)
    assert margin.extra == 0


def test_a_slow_machine_gets_what_it_needs() -> None:
    """Pictures 15 ms late: about 18 ms more, and they are in time."""
    margin = Margin()
    settle(margin, -0.015, 5)
    assert 0.018 - 0.001 <= margin.extra / TICKS_PER_SECOND <= 0.022
    assert -0.015 + margin.extra / TICKS_PER_SECOND >= LEAST_SLACK_S - 0.001


def test_delay_that_is_not_needed_any_more_is_given_back() -> None:
    """After the load has gone, slowly to nothing useful lost."""
    margin = Margin()
    settle(margin, -0.015, 5)
    settle(margin, 0.03, 40)
    assert margin.extra == 0


@given(st.lists(st.floats(-1.0, 1.0), max_size=400))
def test_it_moves_slowly_and_stays_in_its_range(slacks: list[float]) -> None:
    """At most a millisecond per picture, never below nothing or above the most."""
    margin = Margin()
    for slack_s in slacks:
        before = margin.extra
        after = margin.observe(slack_s)
        assert abs(after - before) <= STEP
        assert 0 <= after <= MAX_EXTRA
