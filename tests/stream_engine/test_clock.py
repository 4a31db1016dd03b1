"""Wall time."""

import time

from stream_engine.clock import EpochClock, MonotonicClock


def test_time_never_goes_back() -> None:
    """Readings are ordered."""
    clock = MonotonicClock()
    readings = [clock.now() for _ in range(100)]
    assert readings == sorted(readings)


def test_the_calendar_is_that_of_other_machines() -> None:
    """Seconds since 1970."""
    assert abs(EpochClock().now() - time.time()) < 1.0
