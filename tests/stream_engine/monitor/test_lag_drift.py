"""Lines through lags."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.monitor.lag_drift import LEAST_LAGS, LagDrift, lag_drift

SECONDS = np.arange(60.0)
SURE = np.ones(60)


@given(st.floats(-300.0, 300.0), st.floats(-200.0, 200.0))
def test_a_line_is_found(slope: float, start: float) -> None:
    """Milliseconds a minute, wherever it begins."""
    found = lag_drift(SECONDS, start + slope * SECONDS / 60.0, SURE)
    assert found is not None
    assert found.ms_per_minute == pytest.approx(slope, abs=1e-6)
    assert found.low <= found.ms_per_minute + 1e-9
    assert found.high >= found.ms_per_minute - 1e-9


@given(st.integers(0, 1000))
def test_a_quarter_of_wrong_lags_does_not_turn_it(seed: int) -> None:
    """Lags from anywhere among those of a line, and noise on all."""
    random = np.random.default_rng(seed)
    lags = 60.0 * SECONDS / 60.0 + random.normal(0.0, 5.0, 60)
    wild = random.choice(60, 15, replace=False)
    lags[wild] = random.uniform(-400.0, 400.0, 15)
    found = lag_drift(SECONDS, lags, SURE)
    assert found is not None
    assert abs(found.ms_per_minute - 60.0) < 30.0


@pytest.mark.parametrize("count", [12, 60])
def test_noise_is_no_drift(count: int) -> None:
    """The interval holds the truth nineteen times in twenty, or nearly, with few lags or many."""
    random = np.random.default_rng(0)
    seconds, sure = np.arange(count) * 2.0, np.ones(count)
    found = [lag_drift(seconds, random.normal(0.0, 10.0, count), sure) for _ in range(100)]
    drifts = [drift for drift in found if drift is not None]
    assert len(drifts) == 100
    assert sum(drift.low <= 0.0 <= drift.high for drift in drifts) >= 93
    assert sum(drift.told for drift in drifts) <= 5


def test_lags_that_are_not_sure_do_not_count() -> None:
    """Whatever they say."""
    unsure = np.where(SECONDS % 2 == 0, 1.0, 0.5)
    lags = np.where(SECONDS % 2 == 0, SECONDS, -400.0)
    found = lag_drift(SECONDS, lags, unsure)
    assert found is not None
    assert found.ms_per_minute == pytest.approx(60.0)
    assert found.lags == 30


@pytest.mark.parametrize("count", [0, 1, LEAST_LAGS - 1, 20])
def test_little_is_not_enough(count: int) -> None:
    """Few lags, or a short time."""
    assert lag_drift(SECONDS[:count], SECONDS[:count], SURE[:count]) is None


def test_long_recordings_cost_no_more() -> None:
    """Three hours: some of the lags stand for all."""
    seconds = np.arange(10_000.0)
    found = lag_drift(seconds, seconds / 60.0, np.ones(10_000))
    assert found is not None
    assert found.ms_per_minute == pytest.approx(1.0)
    assert found.lags <= 1500


def test_what_is_told_is_large_and_no_accident() -> None:
    """More than 20 ms a minute, 0 outside the interval; the clock's ratio goes with it."""
    assert LagDrift(60.0, 50.0, 70.0, 30).told
    assert LagDrift(-60.0, -70.0, -50.0, 30).told
    assert not LagDrift(60.0, -5.0, 70.0, 30).told
    assert not LagDrift(15.0, 10.0, 20.0, 30).told
    assert LagDrift(-60.0, -70.0, -50.0, 30).clock_ratio == pytest.approx(0.999)
