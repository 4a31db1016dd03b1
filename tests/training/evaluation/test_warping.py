"""Time warping against its textbook form."""

import numpy as np
import pytest

from training.evaluation.warping import warp, warping_cost

WAVE = np.sin(np.arange(80) * 0.25)
BUMP = np.exp(-0.5 * ((np.arange(40) - 15) / 3.0) ** 2)


def textbook(a: np.ndarray, b: np.ndarray) -> float:
    """The recursion, cell by cell."""
    total = np.full((len(a) + 1, len(b) + 1), np.inf)
    total[0, 0] = 0.0
    for i in range(len(a)):
        for j in range(len(b)):
            best = min(total[i, j], total[i, j + 1], total[i + 1, j])
            total[i + 1, j + 1] = abs(a[i] - b[j]) + best
    return float(total[-1, -1])


def cost(a: np.ndarray, b: np.ndarray) -> float:
    return float(warping_cost(a[None], b[None], np.ones((1, len(a)), bool))[0])


def test_many_at_once_equal_the_textbook_one_by_one() -> None:
    """Clips of different lengths, padded, and frames left out of the middle."""
    random = np.random.default_rng(1)
    a, b = random.normal(size=(2, 6, 23))
    frames = random.random((6, 23)) < np.linspace(0.1, 1.0, 6)[:, None]
    wanted = [
        textbook(x[chosen], y[chosen]) / chosen.sum()
        for x, y, chosen in zip(a, b, frames, strict=True)
    ]
    assert np.allclose(warping_cost(a, b, frames), wanted)


def test_warping_forgives_timing_but_not_shape() -> None:
    """A late copy costs almost nothing, a flat line its distance."""
    late = np.roll(BUMP, 4)
    assert cost(BUMP, BUMP) == 0.0
    assert cost(late, BUMP) < 0.2 * np.abs(late - BUMP).mean()
    assert cost(np.zeros(40), BUMP) == pytest.approx(BUMP.mean())


def test_the_path_is_monotone_and_identity_on_itself() -> None:
    """Warping never goes back, and its cells cost what the warping says."""
    late = np.roll(WAVE, 3)
    both = warp(np.stack([WAVE, WAVE]), np.stack([WAVE, late]), np.array([80, 50]))
    assert both.path(0).tolist() == list(range(80))
    path = both.path(1)
    assert len(path) == 50
    assert path[0] == 0
    assert (np.diff(path) >= 0).all()
    assert np.abs(WAVE[:50] - late[path]).sum() <= both.cost[1] + 1e-9


def test_no_frames_is_unknown() -> None:
    """NaN for a clip without chosen frames."""
    assert np.isnan(warping_cost(WAVE[None], WAVE[None], np.zeros((1, 80), bool))).all()
