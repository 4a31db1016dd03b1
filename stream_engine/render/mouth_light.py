"""How much light falls into the mouth, read off the lips."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stream_engine.mesh.head_asset import HeadAsset

_DARK = 0.05
_WIDE_OPEN_M = 0.011


class MouthLight:
    """Measures the opening between the lips.

    Latency: none. State: none. Thread: any. Buffers: none.
    """

    def __init__(self, asset: HeadAsset) -> None:
        loop = asset.inner_lip.astype(np.int64)
        half = len(loop) // 2
        # The loop starts in a corner, so its middles face each other.
        self._upper = loop[half // 2 - 3 : half // 2 + 4]
        self._lower = loop[half + half // 2 - 3 : half + half // 2 + 4]

    def of(self, positions: NDArray[np.float32]) -> tuple[float, float, float, float]:
        """Middle of the opening in metres and the share of light let in, 0..1."""
        upper, lower = positions[self._upper], positions[self._lower]
        middle = (upper.mean(axis=0) + lower.mean(axis=0)) * 0.5
        gap = max(float((upper - lower)[:, 1].mean()), 0.0)
        light = _DARK + (1.0 - _DARK) * min(gap / _WIDE_OPEN_M, 1.0) ** 0.6
        return float(middle[0]), float(middle[1]), float(middle[2]), light
