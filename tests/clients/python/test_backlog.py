"""How much speech waits at the server."""

from hypothesis import given
from hypothesis import strategies as st

from clients.python.backlog import Backlog
from tests.fakes.clock import ManualClock


@given(st.lists(st.tuples(st.floats(0.0, 5.0), st.floats(0.0, 5.0)), max_size=20))
def test_whoever_waits_as_told_never_has_more_there_than_may_be(
    pieces: list[tuple[float, float]],
) -> None:
    """For any pieces at any moments, if none is longer than the bound."""
    clock = ManualClock(10.0)
    backlog = Backlog(6.0, clock.now)
    for seconds, pause in pieces:
        clock.advance(backlog.wait_s(seconds))
        backlog.add(seconds)
        assert backlog.waiting_s <= 6.0 + 1e-6
        clock.advance(pause)


def test_a_pause_stops_it_and_an_interrupt_empties_it() -> None:
    """Five seconds are five seconds after a pause; nothing may be sent for ever until it ends."""
    clock = ManualClock(0.0)
    backlog = Backlog(5.0, clock.now)
    backlog.add(5.0)
    backlog.pause()
    clock.advance(60.0)
    assert backlog.waiting_s == 5.0
    assert backlog.wait_s(1.0) == float("inf")
    backlog.resume()
    clock.advance(1.0)
    assert backlog.waiting_s == 4.0
    backlog.pause()
    backlog.clear()
    assert backlog.wait_s(5.0) == backlog.waiting_s == 0.0


def test_a_piece_longer_than_the_bound_goes_alone() -> None:
    """It waits until nothing else is there."""
    clock = ManualClock(0.0)
    backlog = Backlog(2.0, clock.now)
    assert backlog.wait_s(3.0) == 0.0
    backlog.add(1.0)
    assert backlog.wait_s(3.0) == 2.0
    clock.advance(1.0)
    assert backlog.wait_s(3.0) == 0.0
