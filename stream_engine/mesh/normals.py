"""Smooth vertex normals of a deforming mesh."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class NormalField:
    """Averages face normals, weighted by area, onto vertices.

    Works on one coordinate at a time, so that every gather and sum runs over contiguous memory.

    Latency: none. State: none. Thread: any. Buffers: results are the caller's.

    Args:
        triangles: Vertex numbers, [M, 3], counter-clockwise seen from outside.
        vertices: Number of vertices, V.
    """

    def __init__(self, triangles: NDArray[np.uint16], vertices: int) -> None:
        corners = np.ascontiguousarray(triangles.T.astype(np.int64))  # [3, M]
        self._first, self._second, self._third = corners
        self._owners = corners.ravel()
        self._vertices = vertices

    def of(self, positions: Floats) -> Floats:
        """Unit normals of one frame, float32 [V, 3] from positions float32 [V, 3]."""
        axes = np.ascontiguousarray(positions.T)
        start = axes.take(self._first, axis=1)  # [3, M]
        ax, ay, az = axes.take(self._second, axis=1) - start
        bx, by, bz = axes.take(self._third, axis=1) - start
        faces = (ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx)
        summed = np.stack(
            [np.bincount(self._owners, np.tile(face, 3), self._vertices) for face in faces], axis=1
        )
        length = np.sqrt(np.einsum("vk,vk->v", summed, summed))
        unit: Floats = (summed / np.maximum(length, 1e-20)[:, None]).astype(np.float32)
        return unit
