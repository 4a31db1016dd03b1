"""Fitting the head's ARKit weights to tracked points: bounded, sparse, smooth least squares.

Per frame, with displacements d from the speaker's neutral in head axes and metres, and B the
displacement of each landmark under each shape::

    min_w  Σ_p a_p |d_p - B_p w|²  +  Σ_m c_m (m(d) - m(B) w)²  +  prior μ |w - s|²
           +  sparsity λ Σ w  +  smoothness σ Σ_t |w_t - w_(t-1)|²,    0 ≤ w ≤ 1

μ, λ and σ are relative to each shape's own curvature h_k = Σ a |B_k|², so that a brow is held to
the same standard as a jaw. m are lip gap and lip width: what a viewer reads first is fitted as
such, not only as points.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.motion.arkit import INDEX
from stream_engine.types import F32
from training.data.align import STABLE_LANDMARKS
from training.data.landmarks import EMBEDDING

LIPS = (
    0, 13, 14, 17, 37, 39, 40, 61, 78, 80, 81, 82, 84, 87, 88, 91, 95, 146, 178, 181, 185, 191,
    267, 269, 270, 291, 308, 310, 311, 312, 314, 317, 318, 321, 324, 375, 402, 405, 409, 415,
)  # fmt: skip
GAP = (13, 14)
WIDTH = (291, 61)
_INACTIVE = ("tongueOut", "cheekPuff", "jawForward")  # the tracker cannot see them
_DEPTH_WEIGHT = 0.3  # a single camera guesses depth
_LIP_WEIGHT = 4.0
_FEATURE_WEIGHT = 60.0


@dataclass(frozen=True, slots=True)
class FitWeights:
    """Strength of each term relative to the curvature of a shape.

    Attributes:
        sparsity: λ.
        smoothness: σ.
        prior: μ.
        iterations: Accelerated projected gradient steps.
    """

    sparsity: float = 0.01
    smoothness: float = 0.05
    prior: float = 0.02
    iterations: int = 400


class LandmarkBasis:
    """The head's neutral landmarks and their linear motion.

    Args:
        head: The head asset.
        point_ids: Landmark numbers of the tracked points, int64 [P].
    """

    def __init__(self, head: HeadAsset, point_ids: NDArray[np.int64]) -> None:
        embedding = np.load(EMBEDDING)
        vertices = embedding["vertices"][point_ids]
        weights = embedding["weights"][point_ids].astype(np.float64)
        self.index = {int(point): row for row, point in enumerate(point_ids)}
        shapes = head.basis.reshape(len(head.basis), -1, 3)
        self.neutral = np.einsum("pcx,pc->px", head.positions[vertices], weights)
        self.shapes = np.einsum("kpcx,pc->kpx", shapes[:, vertices], weights)  # [K, P, 3]
        self.stable = np.array([self.index[i] for i in STABLE_LANDMARKS if i in self.index])
        self.lips = np.array([self.index[i] for i in LIPS if i in self.index])

    def gap(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Vertical distance of the inner lips, [...] from points [..., P, 3]."""
        upper, lower = (self.index[i] for i in GAP)
        gap: NDArray[np.float64] = points[..., upper, 1] - points[..., lower, 1]
        return gap

    def width(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Horizontal distance of the mouth corners, [...] from points [..., P, 3]."""
        left, right = (self.index[i] for i in WIDTH)
        width: NDArray[np.float64] = points[..., left, 0] - points[..., right, 0]
        return width

    def design(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Rows [R, K] of all linear measurements of the weights, and the weight of each row [R]."""
        rows = np.concatenate(
            [
                self.shapes.reshape(len(self.shapes), -1).T,
                self.gap(self.shapes)[None],
                self.width(self.shapes)[None],
            ]
        )
        per_point = np.ones(len(self.neutral))
        per_point[self.lips] = _LIP_WEIGHT
        weights = per_point[:, None] * np.array([1.0, 1.0, _DEPTH_WEIGHT])
        return rows, np.concatenate([weights.ravel(), [_FEATURE_WEIGHT, _FEATURE_WEIGHT]])

    def measure(self, displacement: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same measurements of displacements [T, P, 3], as [T, R]."""
        flat = displacement.reshape(len(displacement), -1)
        features = [self.gap(displacement)[:, None], self.width(displacement)[:, None]]
        return np.concatenate([flat, *features], axis=1)


def fit_weights(
    basis: LandmarkBasis, displacement: NDArray[np.float64], scores: F32, weights: FitWeights
) -> F32:
    """Fit one clip.

    Args:
        basis: Landmark motion of the head.
        displacement: From the speaker's neutral, head axes, metres, [T, P, 3].
        scores: The tracker's own scores as a weak prior, float32 [T, 52].
        weights: Strength of the terms.

    Returns:
        ARKit weights float32 [T, 52] in 0..1.
    """
    rows, strength = basis.design()
    weighted = rows * strength[:, None]
    quadratic = rows.T @ weighted
    # In units of each shape's curvature all shapes are alike, and the descent converges fast.
    unit = 1.0 / np.sqrt(np.diag(quadratic) + 1e-12)
    quadratic = quadratic * unit * unit[:, None] + weights.prior * np.eye(len(unit))
    prior = scores / unit
    linear = basis.measure(displacement) @ weighted * unit
    linear = linear + weights.prior * prior - weights.sparsity / (2.0 * unit)
    upper = 1.0 / unit
    upper[[INDEX[name] for name in _INACTIVE]] = 0.0
    step = 1.0 / (np.linalg.eigvalsh(quadratic)[-1] + 4.0 * weights.smoothness)
    w = np.clip(prior, 0.0, upper)
    ahead, momentum = w, 1.0
    for _ in range(weights.iterations):
        gradient = ahead @ quadratic - linear + weights.smoothness * _roughness(ahead)
        following = np.clip(ahead - step * gradient, 0.0, upper)
        faster = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * momentum**2))
        ahead = following + (momentum - 1.0) / faster * (following - w)
        w, momentum = following, faster
    return (w * unit).astype(np.float32)


def _roughness(w: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gradient of half the summed squared steps between frames."""
    steps = np.diff(w, axis=0)
    out = np.zeros_like(w)
    out[1:] += steps
    out[:-1] -= steps
    return out
