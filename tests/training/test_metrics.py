"""Lip metrics on tracks worked out by hand."""

import numpy as np
import pytest

from training.metrics import (
    LipTrack,
    concordance,
    pearson,
    pearson_columns,
    score,
    warping_cost,
)


def test_pearson_knows_same_opposite_and_still() -> None:
    """1, -1, and 0 for a track that does not move."""
    a = np.array([0.0, 1.0, 4.0, 2.0])
    assert pearson(a, 3 * a + 1) == pytest.approx(1.0)
    assert pearson(a, -a) == pytest.approx(-1.0)
    assert pearson(a, np.ones(4)) == 0.0
    assert np.allclose(pearson_columns(a[:, None], a[:, None] * 2), 1.0)


def test_concordance_minds_scale_and_offset() -> None:
    """Unlike Pearson: 2 cov / (var + var + offset²)."""
    a = np.array([-1.0, 1.0])
    assert concordance(a, a) == pytest.approx(1.0)
    assert concordance(a, a + 1) == pytest.approx(2 / 3)
    assert concordance(a, 2 * a) == pytest.approx(4 / 5)


def test_warping_forgives_timing_but_not_shape() -> None:
    """A late copy costs almost nothing, a flat line its distance."""
    bump = np.exp(-0.5 * ((np.arange(40) - 15) / 3.0) ** 2)
    late = np.roll(bump, 4)
    assert warping_cost(bump, bump) == 0.0
    assert warping_cost(late, bump) < 0.2 * np.abs(late - bump).mean()
    assert warping_cost(np.zeros(40), bump) == pytest.approx(bump.mean())


def test_the_truth_scores_best_and_words_are_told_apart() -> None:
    """Perfect motion: correlation 1, error 0; a track right only outside words fails inside."""
    random = np.random.default_rng(0)
    real = LipTrack(*(random.normal(size=s) for s in ((2, 30), (2, 30), (2, 30, 4, 3))))
    words = np.zeros((2, 30), bool)
    words[:, 10:20] = True
    best = score(real, real, words)
    assert best.gap_pcc == pytest.approx(1.0)
    assert best.lve_mm == 0.0
    wrong = real.gap.copy()
    wrong[words] *= -1
    worse = score(LipTrack(wrong, real.width, real.points), real, words)
    assert worse.gap_pcc_words == pytest.approx(-1.0)
    assert worse.width_pcc_words == pytest.approx(1.0)


def test_lve_is_the_largest_point_error_per_frame() -> None:
    """One point 3-4-0 off in every frame: 5 mm."""
    real = LipTrack(np.zeros((1, 5)), np.zeros((1, 5)), np.zeros((1, 5, 3, 3)))
    off = np.zeros((1, 5, 3, 3))
    off[:, :, 1] = (3.0, 4.0, 0.0)
    made = LipTrack(real.gap, real.width, off)
    assert score(made, real, np.ones((1, 5), bool)).lve_mm == pytest.approx(5.0)
