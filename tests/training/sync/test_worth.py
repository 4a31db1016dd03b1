"""What judgements and alarms are worth."""

import math

import numpy as np
import pytest

from stream_engine.monitor.sync_score import Calibration
from tests.training.sync.faces_for_tests import hops_at, hops_of_nothing
from training.sync.tried import FAULTS, LAG_OF, Planted
from training.sync.worth import (
    detection,
    false_alarms,
    judged_share,
    lag_error,
    log_odds,
    reliability,
    roc,
    share_of,
)

FITTED = Calibration(
    in_sync=(0.0, 3.0, 3.0, 0.0), located=(0.0, 0.0, 1.0, 0.0),
    slack=0.1, shifted=50.0, expected=1.0, wrong=50.0,
)  # fmt: skip
FACES = {
    fault: [hops_at(LAG_OF[fault] // 20) if fault in LAG_OF else hops_of_nothing()] * 3
    for fault in FAULTS
}


def test_nothing_to_compare_is_not_known() -> None:
    """No window on one side."""
    assert math.isnan(share_of(np.zeros(0, bool)).mean)


def test_wilson_leaves_room_where_all_are_found() -> None:
    """Twenty of twenty may be 84 %; one of two anything."""
    sure, open_ = share_of(np.ones(20, bool)), share_of(np.array([True, False]))
    assert (sure.mean, sure.high) == (1.0, pytest.approx(1.0))
    assert sure.low == pytest.approx(0.839, abs=0.001)
    assert (open_.low, open_.high) == (
        pytest.approx(0.095, abs=1e-3),
        pytest.approx(0.905, abs=1e-3),
    )


def test_an_alarm_before_the_fault_does_not_find_it() -> None:
    """Time counts from the fault on, with what the ears take to hear."""
    stream = Planted(np.concatenate([hops_at(0, 10), hops_at(10, 20)]), 4.4, 2.0)
    never = Planted(hops_at(0, 30), 4.4, 0.2)
    found = detection([stream], FITTED, 0.16)
    assert 0.16 < found.median_s < 2.0
    assert found.median_s == pytest.approx(detection([stream], FITTED, 0.0).median_s + 0.16)
    both = detection([stream, never], FITTED, 0.16)
    assert (both.soon.mean, both.soon.clips) == (0.5, 2)
    assert (both.soon_spoken.mean, both.soon_spoken.clips) == (1.0, 1)
    assert both.p95_s == math.inf
    early = Planted(np.concatenate([hops_at(10, 5), hops_at(0, 20)]), 4.4, 2.0)
    assert detection([early], FITTED, 0.16).median_s == math.inf


def test_false_alarms_have_an_exact_interval() -> None:
    """None in an hour may be 3.7."""
    found = false_alarms([hops_at(0, 9000)], FITTED)
    assert (found.count, found.hours) == (0, pytest.approx(1.0))
    assert (found.per_hour.low, found.per_hour.high) == (0.0, pytest.approx(3.689, abs=1e-3))
    assert false_alarms([hops_at(10, 9)], FITTED).count > 0
    assert math.isnan(false_alarms([], FITTED).per_hour.mean)


def test_lags_that_are_right_have_no_error() -> None:
    """And one that is a step late everywhere has that as bias."""
    found = lag_error(FACES)
    assert found.median_ms.mean == pytest.approx(0.0, abs=5.0)
    late = {fault: [np.roll(h, 1, axis=2) for h in hops] for fault, hops in FACES.items()}
    late["+400 ms"], late["-400 ms"] = FACES["+400 ms"], FACES["-400 ms"]
    assert lag_error(late).bias_ms == pytest.approx(20.0, abs=2.0)


def test_scores_that_are_right_are_reliable() -> None:
    """Sure and right: no error; sure and wrong: all of it."""
    found = reliability(FACES, FITTED)
    assert found.error < 0.01
    assert found.brier < 0.01
    assert sum(found.share) == pytest.approx(1.0)
    turned = Calibration((0.0, -3.0, -3.0, 0.0), FITTED.located, 0.1, 50.0, 1.0, 50.0)
    assert reliability(FACES, turned).error > 0.9


def test_a_roc_rises_from_nothing_to_all() -> None:
    """Through the corner if the sides do not overlap; its area is the AUC."""
    good, bad = np.array([2.0, 3.0]), np.array([0.0, 1.0])
    through, kept = roc(good, bad)
    assert (through[0], kept[0], through[-1], kept[-1]) == (0.0, 0.0, 1.0, 1.0)
    assert np.trapezoid(kept, through) == pytest.approx(1.0)
    assert np.trapezoid(*roc(bad, good)[::-1]) == pytest.approx(0.0)


def test_windows_of_silence_are_not_judged() -> None:
    """Half of the recordings are silent."""
    spoken, silent = hops_at(0, 10), 0.0 * hops_at(0, 10)
    assert judged_share([spoken, silent]).mean == 0.5
    assert len(log_odds(spoken, FITTED)) == 6
