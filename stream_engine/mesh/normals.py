"""Smooth vertex normals of a deforming mesh."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class NormalField:
    """Averages face normals, weighted by area, onto vertices.

    Each vertex keeps a padded row of its faces, so a frame costs one cross product and one
    gather, with no loop.

    Latency: none. State: none. Thread: any. Buffers: results are the caller's.
    """

    def __init__(self, triangles: NDArray[np.uint16], vertices: int) -> None:
        corners = triangles.astype(np.int64)
        self._a, self._b, self._c = corners[:, 0], corners[:, 1], corners[:, 2]
        owner = corners.ravel()
        face = np.repeat(np.arange(len(corners)), 3)
        order = np.argsort(owner, kind="stable")
        owner, face = owner[order], face[order]
        counts = np.bincount(owner, minlength=vertices)
        place = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        # Row k holds the k-th face of every vertex; the last face number is a zero normal.
        table = np.full((int(counts.max()), vertices), len(corners))
        table[place, owner] = face
        self._rows = [(np.flatnonzero(row < len(corners)), row) for row in table]

    def of(self, positions: Floats) -> Floats:
        """Unit normals of one frame, float32 [V, 3] from positions float32 [V, 3]."""
        start = positions[self._a]
        along, across = positions[self._b] - start, positions[self._c] - start
        faces = np.zeros((len(self._a) + 1, 3), dtype=np.float32)
        faces[:-1, 0] = along[:, 1] * across[:, 2] - along[:, 2] * across[:, 1]
        faces[:-1, 1] = along[:, 2] * across[:, 0] - along[:, 0] * across[:, 2]
        faces[:-1, 2] = along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0]
        normals = np.zeros_like(positions)
        for used, row in self._rows:
            if len(used) * 2 > len(row):
                normals += faces[row]
            else:
                normals[used] += faces[row[used]]
        length = np.sqrt(np.einsum("vk,vk->v", normals, normals))
        unit: Floats = normals / np.maximum(length, np.float32(1e-20))[:, None]
        return unit
