"""The gap between the lips of the shipped head, for tests."""

import numpy as np

from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.motion.arkit import ARKIT_COUNT
from stream_engine.types import F32

_MIDDLE_M = 0.008


class Lips:
    """Measures how far upper and lower lip are apart, less what they are at rest.

    Every vertex of the upper lip's inner contour is paired with the nearest of the lower one.
    """

    def __init__(self) -> None:
        head = load_head_asset()
        loop = head.inner_lip.astype(int)
        across = head.positions[loop, 0]
        corner = int(across.argmin())
        self._upper, below = loop[1:corner], loop[corner + 1 :]
        at = head.positions[self._upper, 0]
        self._lower = below[np.abs(at[:, None] - head.positions[below, 0]).argmin(axis=1)]
        self._middle = np.abs(at) < _MIDDLE_M
        basis = head.basis.reshape(ARKIT_COUNT, -1, 3)
        self._opening = (basis[:, self._upper, 1] - basis[:, self._lower, 1]) * 1000.0

    def columns(self, coefficients: F32) -> F32:
        """Gap of every pair in mm, [T, P] from [T, 55]."""
        gaps: F32 = coefficients[:, :ARKIT_COUNT] @ self._opening
        return gaps

    def middle(self, coefficients: F32) -> F32:
        """Mean gap of the middle 16 mm in mm, [T] from [T, 55]."""
        mean: F32 = self.columns(coefficients)[:, self._middle].mean(axis=1)
        return mean
