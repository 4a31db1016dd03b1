"""ARKit weights from points."""

import numpy as np
import pytest

from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.motion.arkit import INDEX
from training.data.fit import FitWeights, LandmarkBasis, fit_weights


@pytest.fixture(scope="module")
def basis() -> LandmarkBasis:
    return LandmarkBasis(load_head_asset(), np.arange(478))


def displacement_of(basis: LandmarkBasis, weights: np.ndarray) -> np.ndarray:
    return np.einsum("tk,kpx->tpx", weights, basis.shapes)


def test_points_made_from_weights_give_the_weights_back(basis: LandmarkBasis) -> None:
    """Jaw, pucker and blink are recovered, and what was not moved stays near zero."""
    truth = np.zeros((30, 52))
    ramp = np.sin(np.linspace(0, np.pi, 30))
    for name, height in (("jawOpen", 0.5), ("mouthPucker", 0.6), ("eyeBlinkLeft", 0.9)):
        truth[:, INDEX[name]] = height * ramp
    found = fit_weights(
        basis, displacement_of(basis, truth), truth.astype(np.float32), FitWeights()
    )
    for name in ("jawOpen", "mouthPucker", "eyeBlinkLeft"):
        assert np.abs(found[:, INDEX[name]] - truth[:, INDEX[name]]).max() < 0.08
    assert found[:, INDEX["browDownLeft"]].max() < 0.05
    assert ((found >= 0) & (found <= 1)).all()


def test_lip_gap_survives_the_fit_even_of_noisy_points(basis: LandmarkBasis) -> None:
    """The gap of the fitted lips follows the gap of the points."""
    random = np.random.default_rng(0)
    truth = np.zeros((40, 52))
    truth[:, INDEX["jawOpen"]] = 0.25 + 0.2 * np.sin(np.arange(40) * 0.5)
    points = displacement_of(basis, truth) + random.normal(0, 3e-4, (40, 478, 3))
    found = fit_weights(basis, points, np.zeros((40, 52), np.float32), FitWeights())
    rebuilt = displacement_of(basis, found.astype(np.float64))
    assert np.corrcoef(basis.gap(rebuilt), basis.gap(points))[0, 1] > 0.97


def test_stillness_is_fitted_by_nothing(basis: LandmarkBasis) -> None:
    """No displacement, no weight."""
    found = fit_weights(basis, np.zeros((5, 478, 3)), np.zeros((5, 52), np.float32), FitWeights())
    assert found.max() == 0.0


def test_landmarks_lie_where_a_tracker_would_see_them(basis: LandmarkBasis) -> None:
    """Lips meet, corners are symmetric, the chin is below, the eyes are above."""
    assert abs(basis.gap(basis.neutral)) < 1e-3
    assert 0.03 < basis.width(basis.neutral) < 0.07
    chin, lip, eye = (basis.neutral[basis.index[i], 1] for i in (152, 13, 159))
    assert chin < lip < eye
