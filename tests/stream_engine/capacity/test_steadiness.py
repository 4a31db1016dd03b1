"""The machine by itself, before anything of ours is measured on it."""

import pytest

from stream_engine.capacity.steadiness import held_up, slow_share, time_pieces


def test_what_takes_twice_as_long_as_usual_is_held_up() -> None:
    """Its whole time counts: in that, others were at work."""
    assert held_up([1.0] * 9) == 0.0
    assert held_up([1.0] * 7 + [1.9]) == 0.0
    assert held_up([1.0] * 6 + [3.0]) == pytest.approx(1 / 3)


def test_work_is_timed_without_gaps() -> None:
    """What a piece did not wait for, the next one did."""
    took = time_pieces(0.05)
    assert len(took) > 5
    assert min(took) > 0.0
    assert sum(took) == pytest.approx(0.05, abs=0.05)


def test_every_core_is_asked() -> None:
    """In processes of their own, for half of the time of a trial."""
    assert 0.0 <= slow_share(0.2) < 1.0
