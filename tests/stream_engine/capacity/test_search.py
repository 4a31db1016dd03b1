"""The most sessions that fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.capacity.load import LoadReport
from stream_engine.capacity.search import most_that_fit


def machine(true: int, tried: list[int]):
    """A machine that serves so many and not one more."""

    def trial(sessions: int) -> LoadReport:
        tried.append(sessions)
        p99 = 30.0 if sessions <= true else 90.0
        return LoadReport(sessions, 100, 0, {"p99": p99}, 0.0, 1.0, 0.0, 0.0)

    return trial


@given(st.integers(0, 3000))
def test_the_number_is_found_within_a_twentieth_by_few_trials(true: int) -> None:
    """Never too many; small numbers exactly."""
    tried: list[int] = []
    found, reports = most_that_fit(machine(true, tried), 40.0, 4096)
    assert found <= true
    assert true - found <= max(0, int(0.05 * found))
    assert len(tried) <= 40
    assert all(tried.count(sessions) == (1 if sessions <= true else 2) for sessions in tried)
    assert [report.sessions for report in reports] == sorted(set(tried))


def test_a_neighbours_burst_does_not_count() -> None:
    """A trial that fails once and then does not."""
    tried: list[int] = []
    steady = machine(20, tried)

    def trial(sessions: int) -> LoadReport:
        report = steady(sessions)
        spoilt = LoadReport(sessions, 100, 5, {"p99": 200.0}, 0.0, 1.0, 0.0, 0.0)
        return spoilt if tried.count(sessions) == 1 and sessions == 8 else report

    assert most_that_fit(trial, 40.0, 100)[0] == 20


def test_it_stops_at_the_most_it_may_try() -> None:
    """A machine that never fills."""
    tried: list[int] = []
    assert most_that_fit(machine(10**9, tried), 40.0, 100)[0] >= 96
    assert max(tried) <= 100


@pytest.mark.parametrize(("p99", "missed", "fits"), [(39, 1, True), (41, 0, False), (30, 2, False)])
def test_it_fits_if_99_of_100_windows_take_less_than_a_hop(
    p99: float, missed: int, fits: bool
) -> None:
    """Those that were never made count as well."""
    report = LoadReport(1, 100, missed, {"p99": p99}, 0.0, 1.0, 0.0, 0.0)
    assert report.fits(40.0) == fits
