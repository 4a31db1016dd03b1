"""Windows told apart: one system, two on the same faces, corpus by corpus."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.sync.faces_for_tests import hops_of_nothing
from tests.training.sync.test_worth import FACES, FITTED
from training.sync.told_apart import auc_draws, by_corpus, compare, drawn_interval
from training.sync.trial import auc

SCORES = st.lists(
    st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=4).map(np.array),
    min_size=2, max_size=5,
)  # fmt: skip


@settings(deadline=None, max_examples=20)
@given(good=SCORES)
def test_the_middle_of_an_interval_is_the_plain_auc(good: list[np.ndarray]) -> None:
    """Ties count half there as well, and the interval holds it or is a point."""
    bad = [scores - 1.0 for scores in good]
    found = drawn_interval(auc_draws(good, bad), len(good))
    assert found.mean == pytest.approx(auc(np.concatenate(good), np.concatenate(bad)))
    assert 0.0 <= found.low <= found.high <= 1.0
    assert found.clips == len(good)


def test_two_systems_that_agree_differ_by_nothing_however_far_faces_differ() -> None:
    """Draws are shared: of scores in the same order the difference is 0 in every draw."""
    rng = np.random.default_rng(0)
    good, bad = ([rng.normal(side, 2.0, 5) for _ in range(9)] for side in (1.0, 0.0))
    first, second = auc_draws(good, bad), auc_draws([2 * g for g in good], [2 * b for b in bad])
    alike = drawn_interval(first - second, 9)
    assert (alike.mean, alike.low, alike.high) == (0.0, 0.0, 0.0)
    worse = drawn_interval(first - auc_draws(bad, good), 9)
    assert worse.mean == pytest.approx(2 * first[0] - 1)
    alone = drawn_interval(first, 9)
    assert alone.high - alone.low > 0.05


def test_nothing_to_compare_is_not_known() -> None:
    """No window on one side."""
    assert math.isnan(drawn_interval(auc_draws([np.ones(2)], [np.zeros(0)]), 1).mean)


def test_systems_are_compared_on_the_same_faces() -> None:
    """The shipped one is ahead of one that hears nothing, and of itself by nothing."""
    deaf = {fault: [hops_of_nothing()] * 3 for fault in FACES}
    found = compare({"shipped": FACES, "deaf": deaf}, {"shipped": FITTED, "deaf": FITTED})
    assert found["shipped"][0]["+200 ms"].mean == 1.0
    assert found["shipped"][1]["+200 ms"].mean == 0.0
    assert found["deaf"][0]["+200 ms"].mean == 0.5
    assert found["deaf"][1]["+200 ms"].mean == 0.5


def test_corpora_are_told_apart() -> None:
    """Each by its own faces."""
    mixed = FACES | {"frozen": [FACES["in sync"][0], *FACES["frozen"][1:]]}
    found = by_corpus(mixed, ["a", "b", "b"], FITTED)
    assert found["a"]["frozen"].mean == 0.5
    assert found["b"]["frozen"].mean == 1.0
