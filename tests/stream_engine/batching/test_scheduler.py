"""Whose turn it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.batching.scheduler import BatchCost, next_batch


def learned(fixed: float, each: float, sizes: tuple[int, ...] = (1, 2, 4, 8)) -> BatchCost:
    """A cost that has seen batches of these sizes."""
    cost = BatchCost()
    for size in sizes * 5:
        cost.observe(size, fixed + each * size)
    return cost


@given(st.floats(0.0, 0.01), st.floats(0.0001, 0.01))
def test_a_cost_is_learned_from_what_was_measured(fixed: float, each: float) -> None:
    """A straight line is found again, also beyond what was seen."""
    cost = learned(fixed, each)
    assert cost.predict(20) == pytest.approx(fixed + 20 * each, rel=1e-4)


def test_the_newest_measurements_count_most() -> None:
    """A machine that became twice as slow is believed within a few hundred batches."""
    cost = learned(0.002, 0.001)
    for size in (1, 2, 4, 8) * 60:
        cost.observe(size, 0.004 + 0.002 * size)
    assert cost.predict(8) == pytest.approx(0.02, rel=0.05)


def test_a_batch_fits_its_budget_and_grows_by_steps() -> None:
    """(20 - 4) ms at 1 ms each are 16; a size never tried is not trusted beyond its double."""
    assert learned(0.004, 0.001).largest(0.02) == 16
    assert learned(0.004, 0.001).largest(0.1) == 16
    assert learned(0.004, 0.001, (1, 16)).largest(0.025) == 21
    assert learned(0.03, 0.001).largest(0.02) == 1
    assert BatchCost().largest(0.02) == 2
    assert learned(0.0, 0.002, (4,)).largest(0.02) == 8


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 50)), min_size=1, max_size=30),
    st.integers(1, 20),
)
def test_the_earliest_deadline_goes_first_with_all_of_its_kind_that_fit(
    windows: list[tuple[int, int]], sizes: int
) -> None:
    """Nobody of the batch is later than somebody of the same profile who was left out."""
    rows = np.arange(len(windows)) * 3
    group = np.array([window[0] for window in windows])
    deadline = np.array([float(window[1]) for window in windows])
    costs = [learned(0.0, 0.001, (sizes,)) for _ in range(3)]
    chosen, batch = next_batch(rows, group, deadline, costs, 0.02)
    at = batch // 3
    assert (group[at] == chosen).all()
    assert deadline[at].min() == deadline.min()
    mine = np.flatnonzero(group == chosen)
    left = np.setdiff1d(mine, at)
    assert len(at) == min(len(mine), costs[chosen].largest(0.02))
    if len(left):
        assert deadline[at].max() <= deadline[left].min()
    assert (np.diff(batch) > 0).all()
