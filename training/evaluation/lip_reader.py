"""From motion coefficients to what is scored: lips and upper face in millimetres."""

import numpy as np

from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.motion.arkit import ARKIT_COUNT
from stream_engine.types import F32
from training.data.fit import LandmarkBasis
from training.evaluation.metrics import LipTrack
from training.evaluation.over_frames import Floats

UPPER_FACE = (
    46, 52, 53, 55, 63, 65, 66, 70, 105, 107, 276, 282, 283, 285, 293, 295, 296, 300, 334, 336,
    159, 145, 386, 374, 9, 151, 108, 337, 50, 280,
)  # fmt: skip
"""Brow, lid, forehead and cheek landmarks."""
_LANDMARKS = 478
_MILLIMETRES = 1000.0


class LipReader:
    """Measures motion on the default head, in mm from neutral."""

    def __init__(self) -> None:
        basis = LandmarkBasis(load_head_asset(), np.arange(_LANDMARKS))
        self._lips = basis.shapes[:, basis.lips] * _MILLIMETRES
        self._upper = basis.shapes[:, list(UPPER_FACE)] * _MILLIMETRES
        self._gap = basis.gap(basis.shapes) * _MILLIMETRES
        self._width = basis.width(basis.shapes) * _MILLIMETRES

    def read(self, motion: F32) -> LipTrack:
        """Measure the lips of coefficients [M, T, D]."""
        weights = motion[..., :ARKIT_COUNT]
        points = np.einsum("mtk,kpx->mtpx", weights, self._lips, optimize=True)
        return LipTrack(weights @ self._gap, weights @ self._width, points)

    def upper_face(self, motion: F32) -> Floats:
        """Brow, lid and cheek points of coefficients [M, T, D], [M, T, P, 3]."""
        weights = motion[..., :ARKIT_COUNT]
        points: Floats = np.einsum("mtk,kpx->mtpx", weights, self._upper, optimize=True)
        return points
