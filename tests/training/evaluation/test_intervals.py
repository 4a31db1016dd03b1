"""Intervals over clips."""

import numpy as np
import pytest

from training.evaluation.intervals import correlation, paired_gain, paired_ratio, summarise


def test_an_interval_is_that_of_the_mean() -> None:
    """About 1.96 standard errors to either side, the same every time."""
    values = np.random.default_rng(0).normal(2.0, 1.0, 400)
    found = summarise({"a": values})["a"]
    assert found.mean == pytest.approx(values.mean())
    assert found.high - found.mean == pytest.approx(1.96 / 20, rel=0.15)
    assert found.mean - found.low == pytest.approx(1.96 / 20, rel=0.15)
    assert summarise({"a": values})["a"] == found
    assert summarise({"a": values}, seed=1)["a"] != found


@pytest.mark.slow
def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Coverage over 200 repetitions of 60 clips is near 95 %."""
    random = np.random.default_rng(3)
    inside = 0
    for _ in range(200):
        found = summarise({"a": random.exponential(1.0, 60)})["a"]
        inside += found.low <= 1.0 <= found.high
    assert 0.87 <= inside / 200 <= 0.99


def test_clips_without_a_value_are_left_out_and_counted() -> None:
    """NaN is no clip; one clip has no interval."""
    found = summarise({"a": np.array([1.0, np.nan, 3.0]), "b": np.array([np.nan, 7.0, np.nan])})
    assert found["a"].mean == 2.0
    assert found["a"].clips == 2
    assert found["b"].mean == 7.0
    assert np.isnan(found["b"].low)


def test_pairs_tell_systems_apart_that_means_cannot() -> None:
    """A small steady gain under a large spread over clips."""
    clips = np.random.default_rng(1).normal(0.0, 5.0, 50)
    better, worse = {"a": clips + 0.2}, {"a": clips, "only here": clips}
    gain = paired_gain(better, worse)
    assert set(gain) == {"a"}
    assert gain["a"].low == pytest.approx(0.2)
    assert summarise(better)["a"].low < summarise(worse)["a"].high


def test_correlation_over_clips() -> None:
    """Certain where it is perfect, wide where there is none; unknown for two clips."""
    x = np.arange(40.0)
    assert correlation(x, 2 * x + 1).low == pytest.approx(1.0)
    noise = np.random.default_rng(2).normal(size=40)
    found = correlation(x, noise)
    assert found.mean == pytest.approx(np.corrcoef(x, noise)[0, 1])
    assert found.low < 0.0 < found.high
    assert np.isnan(correlation(x[:2], x[:2]).mean)


def test_a_ratio_is_that_of_the_means() -> None:
    """A steady share is exact; clips that one side lacks are left out; nothing over 0."""
    clips = np.random.default_rng(4).uniform(1.0, 9.0, 30)
    steady = paired_ratio({"a": 0.9 * clips}, {"a": clips})["a"]
    assert (steady.low, steady.mean, steady.high) == pytest.approx((0.9, 0.9, 0.9))
    some = paired_ratio({"a": np.array([2.0, np.nan, 4.0])}, {"a": np.array([1.0, 5.0, 3.0])})["a"]
    assert some.mean == pytest.approx(1.5)
    assert some.clips == 2
    assert np.isnan(paired_ratio({"a": clips}, {"a": 0.0 * clips})["a"].mean)
