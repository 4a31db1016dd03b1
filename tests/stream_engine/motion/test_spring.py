"""A spring without ringing."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.motion.spring import NEARLY, approach
from stream_engine.types import MOTION_FPS


def path(rate: float, seconds: float) -> list[float]:
    """From 0 to 1."""
    at, speed, to = np.zeros((1, 1), np.float32), np.zeros((1, 1), np.float32), np.ones((1, 1))
    out = []
    for _ in range(round(seconds * MOTION_FPS)):
        at, speed = approach(at, speed, to.astype(np.float32), rate)
        out.append(float(at[0, 0]))
    return out


@given(st.floats(0.5, 500.0))
def test_it_arrives_and_never_goes_past(rate: float) -> None:
    """Whatever the rate: nothing overshoots, nothing turns back."""
    found = np.array(path(rate, 20.0 / rate + 1.0))
    assert found.max() <= 1.0 + 1e-5
    assert np.diff(found).min() >= -1e-5
    assert found[-1] > 0.99


@given(st.floats(0.2, 3.0))
def test_95_percent_are_done_in_the_time_it_was_given(seconds: float) -> None:
    """A rate of ``NEARLY`` over a time takes that time, to a frame."""
    found = np.array(path(NEARLY / seconds, 2 * seconds + 0.2))
    assert abs((np.argmax(found > 0.95) + 1) / MOTION_FPS - seconds) <= 1.01 / MOTION_FPS


def test_each_session_may_have_its_own_rate() -> None:
    """And gets what it would get alone, bit for bit."""
    at, speed = np.zeros((3, 2), np.float32), np.ones((3, 2), np.float32)
    rates = np.array([[1.0], [12.0], [30.0]], np.float32)
    together = approach(at, speed, at + 1, rates)
    for row in range(3):
        one = slice(row, row + 1)
        alone = approach(at[one], speed[one], at[one] + 1, rates[one])
        assert all(np.array_equal(a[one], b) for a, b in zip(together, alone, strict=True))
