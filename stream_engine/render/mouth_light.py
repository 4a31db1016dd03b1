"""How much light falls into the mouth, read off the lips."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stream_engine.mesh.head_asset import HeadAsset

_MIDDLE_M = 0.008
_DARK = 0.05
_WIDE_OPEN_M = 0.011


class MouthLight:
    """Measures the opening between the lips.

    Latency: none. State: none. Thread: any. Buffers: none.
    """

    def __init__(self, asset: HeadAsset) -> None:
        loop = asset.inner_lip.astype(np.int64)
        across = asset.positions[loop, 0]
        corner = int(across.argmin())  # the loop runs from the left corner to this one and back
        middle = np.abs(across) < _MIDDLE_M
        upper = np.arange(len(loop)) < corner
        self._upper = loop[middle & upper]
        self._lower = loop[middle & ~upper]
        heights = asset.positions[:, 1]
        self._rest = float(heights[self._upper].mean() - heights[self._lower].mean())

    def measures(self) -> dict[str, object]:
        """What `of` works with, as plain JSON values, for a renderer elsewhere."""
        return {
            "upper": self._upper.tolist(),
            "lower": self._lower.tolist(),
            "rest": self._rest,
            "dark": _DARK,
            "wide_open": _WIDE_OPEN_M,
        }

    def of(self, positions: NDArray[np.float32]) -> tuple[float, float, float, float]:
        """Middle of the opening in metres and the share of light let in, 0..1."""
        upper, lower = positions[self._upper], positions[self._lower]
        middle = (upper.mean(axis=0) + lower.mean(axis=0)) * 0.5
        gap = max(float(upper[:, 1].mean() - lower[:, 1].mean()) - self._rest, 0.0)
        light = _DARK + (1.0 - _DARK) * min(gap / _WIDE_OPEN_M, 1.0) ** 0.5
        return float(middle[0]), float(middle[1]), float(middle[2]), light
