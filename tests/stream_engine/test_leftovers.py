import gc
import weakref

from stream_engine.leftovers import LOOKS, PAUSE, Leftovers
from tests.fakes.clock import ManualClock


class Knot:
    """Holds itself."""

    def __init__(self) -> None:
        self.me = self


def test_what_a_session_left_is_gone_soon_after_its_end() -> None:
    """Knots are found by the next looks, a few times after each end and not otherwise."""
    gc.collect()
    leftovers = Leftovers(ManualClock())
    leftovers.begin()
    try:
        assert not leftovers.look(0)
        left = weakref.ref(Knot())
        assert not leftovers.look(0)
        assert left() is not None
        assert leftovers.look(1)
        assert left() is None
        late = weakref.ref(Knot())
        assert leftovers.look(1)
        assert late() is None
        assert [leftovers.look(1) for _ in range(LOOKS)] == [True] * (LOOKS - 2) + [False] * 2
    finally:
        leftovers.end()
    assert gc.get_freeze_count() == 0


class SlowClock(ManualClock):
    """Half a tenth of a second passes between two times it is asked."""

    def now(self) -> float:
        self.advance(0.05)
        return super().now()


def test_looks_that_take_long_are_rare() -> None:
    """At most a hundredth of the time is spent on them."""
    clock = SlowClock()
    leftovers = Leftovers(clock)
    assert leftovers.look(1)
    clock.advance(0.04 * PAUSE)
    assert not leftovers.look(2)
    clock.advance(0.02 * PAUSE)
    assert leftovers.look(2)
