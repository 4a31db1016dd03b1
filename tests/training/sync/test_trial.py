"""Windows, alarms, and the chance that a good one scores higher."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.monitor.sync_score import Calibration, accumulate, no_gains
from tests.training.sync.faces_for_tests import hops_at, hops_of_nothing
from training.sync.trial import BEGUN_S, HOP_S, HOP_STEPS, alarms_of, auc, hops_of, windows_of

FITTED = Calibration(
    in_sync=(0.0, 0.0, 1.0, 0.0), located=(0.0, 0.0, 1.0, 0.0),
    slack=0.1, shifted=50.0, expected=1.0, wrong=50.0,
)  # fmt: skip
SCORES = st.lists(st.integers(-9, 9), min_size=1, max_size=20).map(lambda k: np.array(k) / 4.0)


@settings(deadline=None, max_examples=30)
@given(good=SCORES, bad=SCORES)
def test_auc_knows_only_order(good: np.ndarray, bad: np.ndarray) -> None:
    """Any rising change of all scores leaves it; turning the sides gives the rest to 1."""
    found = auc(good, bad)
    assert 0.0 <= found <= 1.0
    assert auc(np.exp(good), np.exp(bad)) == pytest.approx(found)
    assert auc(bad, good) == pytest.approx(1.0 - found)
    wins = (good[:, None] > bad).mean() + 0.5 * (good[:, None] == bad).mean()
    assert found == pytest.approx(wins)


def test_auc_of_nothing_is_not_known() -> None:
    """Not 0 and not 1."""
    assert np.isnan(auc(np.zeros(0), np.ones(3)))


def test_hops_are_sums_of_whole_hops() -> None:
    """What is left at the end is left out."""
    rng = np.random.default_rng(0)
    weights, nats = rng.random((2, 2 * HOP_STEPS + 7, 41)).astype(np.float32)
    hops = hops_of(weights, nats)
    assert hops.shape == (2, 2, 41)
    assert np.allclose(hops[1, 1], weights[HOP_STEPS : 2 * HOP_STEPS].sum(axis=0), atol=1e-4)


def test_windows_without_speech_are_left_out() -> None:
    """Of ten hops with speech there are six windows, of silent ones none."""
    assert len(windows_of(hops_at(0, 10))) == 6
    assert len(windows_of(hops_at(0, 4))) == 0
    assert len(windows_of(np.zeros_like(hops_at(0, 10)))) == 0


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 99), lag=st.integers(-1, 1))
def test_no_alarm_where_the_best_is_in_sync(seed: int, lag: int) -> None:
    """However strong the evidence and however much is said."""
    scale = np.random.default_rng(seed).uniform(0.0, 3.0, (30, 1, 1)).astype(np.float32)
    assert len(alarms_of(scale * hops_at(lag, 30), FITTED).seconds) == 0


@pytest.mark.parametrize("lag", [-20, -4, 4, 10])
def test_a_shift_is_found_and_placed(lag: int) -> None:
    """At its lag, after as many hops as the threshold takes; then all begins anew."""
    hops = np.concatenate([hops_at(0, 5), hops_at(lag, 12)])
    found = alarms_of(hops, FITTED, delay_s=0.16)
    assert found.lag_ms[0] == 20.0 * lag
    first = BEGUN_S + 5 * HOP_S + 0.16
    assert first < found.seconds[0] <= first + 5 * HOP_S
    assert len(found.seconds) > 1
    assert np.diff(found.seconds).min() > 1.5 * HOP_S


def test_a_shift_that_two_seconds_do_not_bear_out_is_none() -> None:
    """One word that fits elsewhere by far, among others that fit in sync."""
    word = hops_at(8, 1, peak=3.0) * np.array([3.0, 1.0], np.float32)[:, None]
    hops = np.concatenate([hops_at(0, 6, peak=4.0), word, hops_at(0, 6, peak=4.0)])
    gains = no_gains(1)
    raised = []
    for hop in hops:
        gains, alarms = accumulate(gains, hop[None], FITTED)
        raised.append(float(alarms.lag_ms[0]))
    assert any(raised)
    assert len(alarms_of(hops, FITTED).seconds) == 0


def test_a_face_that_says_nothing_of_it_is_wrong() -> None:
    """Told as no lag."""
    found = alarms_of(hops_of_nothing(6), FITTED)
    assert len(found.seconds)
    assert (found.lag_ms == 0.0).all()
