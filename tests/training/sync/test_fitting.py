"""Fitting finds what was put in."""

from dataclasses import replace

import numpy as np
import pytest

from stream_engine.monitor.sync_score import Calibration, judge
from tests.training.sync.faces_for_tests import hops_at, hops_of_nothing
from training.sync.fitting import (
    MARGIN,
    WRONG_MARGIN,
    Evidence,
    fit,
    fit_logistic,
    found_soon,
    peaks,
    thresholds,
    usual_level,
)
from training.sync.trial import windows_of
from training.sync.tried import FAULTS, LAG_OF, Planted

PLAIN = Calibration(
    in_sync=(0.0, 0.0, 1.0, 0.0), located=(0.0, 0.0, 1.0, 0.0),
    slack=0.0, shifted=50.0, expected=1.0, wrong=50.0,
)  # fmt: skip


def noisy(hops: np.ndarray, seed: int) -> np.ndarray:
    moved = hops.copy()
    noise = np.random.default_rng(seed).standard_normal(hops[:, 0].shape)
    moved[:, 0] += 4.0 * noise.astype(np.float32)
    return moved


def made_up_evidence() -> Evidence:
    faces = {
        fault: [
            noisy(hops_at(LAG_OF[fault] // 20) if fault in LAG_OF else hops_of_nothing(), k)
            for k in range(4)
        ]
        for fault in FAULTS
    }
    healthy = [noisy(hops_at(0, 150), 20 + k) for k in range(3)]
    planted = {
        fault: [
            Planted(np.concatenate([noisy(hops_at(0), 9), faces[fault][k]]), 8.4, 2.0)
            for k in range(2)
        ]
        for fault in ("+80 ms", "-80 ms", "other words")
    }
    return Evidence([faces], healthy, planted)


def test_odds_are_found_again() -> None:
    """Of many rows whose odds are known, but for the pull towards 0."""
    rng = np.random.default_rng(0)
    x = np.concatenate([np.ones((4000, 1)), rng.standard_normal((4000, 3))], axis=1)
    true = np.array([0.5, 0.7, -1.0, 0.0])
    yes = rng.random(4000) < 1.0 / (1.0 + np.exp(-x @ true))
    found = fit_logistic(x.astype(np.float32), yes, np.ones(4000))
    assert np.allclose(found, true, atol=0.2)


def test_rows_that_can_be_told_surely_keep_finite_odds() -> None:
    """The pull towards 0 holds them."""
    x = np.ones((40, 4), np.float32)
    x[:, 1] = np.arange(40)
    found = fit_logistic(x, np.arange(40) >= 20, np.ones(40))
    assert np.isfinite(found).all()
    assert found[1] > 0


def test_a_fit_tells_right_from_wrong_and_finds_faults() -> None:
    """Scores apart, lags sure, faults soon, silence on what it listened to."""
    evidence = made_up_evidence()
    fitted = fit(evidence)
    good, late, nothing = (
        judge(windows_of(hops), fitted) for hops in (hops_at(0), hops_at(10), hops_of_nothing())
    )
    assert good.score.min() > 0.8
    assert max(late.score.max(), nothing.score.max()) < 0.2
    assert late.confidence.min() > 0.8 > nothing.confidence.max()
    for fault, streams in evidence.planted.items():
        assert found_soon(streams, fitted) == 1.0, fault
    reached = peaks(evidence.healthy, fitted).max(axis=0)
    assert reached[0] < fitted.shifted
    assert reached[1] < fitted.wrong


def test_thresholds_stand_above_what_is_reached_hourly() -> None:
    """One stream in the first hour may reach most; of two hours the second counts."""
    quiet, loud = hops_at(0, 4000), hops_at(10, 3)
    streams = [np.concatenate([quiet, loud]), np.concatenate([quiet, loud[:1]]), quiet]
    reached = np.sort(peaks(streams, PLAIN)[:, 0])[::-1]
    assert reached[0] > reached[1] > reached[2] == 0.0
    hours = sum(map(len, streams)) * 0.4 / 3600
    assert 1.0 < hours < 2.0
    assert thresholds(streams, PLAIN)[0] == pytest.approx(MARGIN * reached[1])
    assert thresholds(streams[:1], PLAIN)[0] == pytest.approx(MARGIN * reached[0])


def test_wrong_words_have_a_margin_of_their_own() -> None:
    """Above what a face reaches that says something else for three hops."""
    streams = [np.concatenate([hops_at(0, 400), hops_of_nothing(3), hops_at(0, 400)])]
    reached = peaks(streams, PLAIN)[0, 1]
    assert reached == pytest.approx(3 * 20.0 * PLAIN.expected)
    assert thresholds(streams, PLAIN)[1] == pytest.approx(WRONG_MARGIN * reached)


def test_no_more_is_expected_of_a_face_than_it_takes() -> None:
    """Of expectations that find all faults alike the least is taken."""
    evidence = made_up_evidence()
    usual = usual_level(evidence.faces)
    assert usual == pytest.approx(3.0, abs=0.6)
    assert fit(evidence).expected == pytest.approx(0.2 * usual)


def test_what_is_found_too_late_is_not_found_soon() -> None:
    """Nor what was cried before it began."""
    stream = Planted(np.concatenate([hops_at(0, 10), hops_at(10, 10)]), 4.4, 2.0)
    assert found_soon([stream], replace(PLAIN, shifted=30.0)) == 1.0
    assert found_soon([stream], replace(PLAIN, shifted=300.0)) == 0.0
    early = Planted(hops_at(10, 20), 8.0, 2.0)
    assert found_soon([early], replace(PLAIN, shifted=1e6, wrong=1e6)) == 0.0
