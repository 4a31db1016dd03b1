"""Memory of a server whose sessions come and go; ``python -m tests.memory_curve`` has more."""

import pytest

from tests.memory_curve import MOST_GROWTH, Curve, curve


@pytest.mark.net
@pytest.mark.slow
def test_sessions_that_have_gone_hold_no_memory() -> None:
    """Bots and calls: after the first, memory stays where it is."""
    found = curve("fake", sessions=60, warm=40, step=10)
    assert found.growth <= MOST_GROWTH


def test_growth_is_counted_from_when_it_is_warm() -> None:
    """Not from the start."""
    found = Curve([50, 100, 150], [80.0, 100.0, 103.0], warm=100)
    assert found.growth == pytest.approx(0.03)
