"""Wall time."""

from stream_engine.clock import MonotonicClock


def test_time_never_goes_back() -> None:
    """Readings are ordered."""
    clock = MonotonicClock()
    readings = [clock.now() for _ in range(100)]
    assert readings == sorted(readings)
