"""Nearest points."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.avatar.nearest import NONE, around, nearest, nearest_far, spacing


@given(st.integers(0, 10_000), st.integers(1, 80), st.integers(1, 40))
def test_cells_find_what_all_distances_say(seed, points, queries):
    """The same as looking at every pair, and nothing beyond reach."""
    rng = np.random.default_rng(seed)
    at, asked = rng.normal(size=(points, 3)), rng.normal(size=(queries, 3))
    apart = np.linalg.norm(asked[:, None] - at[None], axis=2)
    got = nearest(at, asked, 0.6)
    assert np.array_equal(got == NONE, apart.min(axis=1) >= 0.6)
    assert np.array_equal(got[got != NONE], apart.argmin(axis=1)[got != NONE])


def test_all_around_are_found():
    """Every pair within reach, and how far neighbours of a grid are apart."""
    rng = np.random.default_rng(3)
    at, asked = rng.uniform(size=(60, 3)), rng.uniform(size=(9, 3))
    rows, points, away = around(at, asked, 0.3)
    apart = np.linalg.norm(asked[:, None] - at[None], axis=2)
    assert sorted(zip(rows.tolist(), points.tolist(), strict=True)) == [
        tuple(pair) for pair in np.argwhere(apart < 0.3).tolist()
    ]
    assert np.allclose(away, apart[rows, points])
    grid = np.stack(np.meshgrid(*[np.arange(5) * 0.1] * 3), axis=-1).reshape(-1, 3)
    assert np.isclose(spacing(grid), 0.1)


def test_far_points_are_found_by_looking_further():
    """Doubled reach finds what is thirty times further."""
    assert nearest_far(np.array([[0.0, 0, 0]]), np.array([[0.3, 0, 0]]), 0.01).tolist() == [0]
    assert nearest(np.zeros((0, 3)), np.zeros((2, 3)), 1.0).tolist() == [NONE, NONE]
