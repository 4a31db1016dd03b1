"""Bakes how much of the sky each vertex sees, so that creases are dark at no cost per frame."""

from __future__ import annotations

import numpy as np

from stream_engine.avatar.ambient import sphere
from training.head.makehuman import Floats, Ints

_DIRECTIONS = 120
_MAP = 220
_BIAS_M = 0.0035
_SPLATS = 5  # points per triangle edge


def sky_visibility(positions: Floats, triangles: Ints, normals: Floats) -> Floats:
    """Cosine-weighted share of directions not blocked by the mesh itself, 0..1, [V].

    Every direction gets a depth map, filled with points strewn over all triangles.
    """
    points = _strew(positions, triangles)
    seen = np.zeros(len(positions))
    total = np.zeros(len(positions))
    for direction in sphere(_DIRECTIONS):
        cosine = np.clip(normals @ direction, 0.0, None)
        # Light from below is weaker: the chest sends some back.
        weight = cosine * (0.65 + 0.35 * direction[1])
        right = np.cross(direction, [0.31, 0.17, 0.93])
        right /= np.linalg.norm(right)
        axes = np.stack([right, np.cross(direction, right)], axis=1)  # [3, 2]
        low = (positions @ axes).min(axis=0)
        cell = np.ptp(positions @ axes, axis=0).max() / (_MAP - 1)
        spot = ((points @ axes - low) / cell).astype(np.int64)
        depth = np.full((_MAP + 1) ** 2, -np.inf)
        np.maximum.at(depth, spot[:, 0] * (_MAP + 1) + spot[:, 1], points @ direction)
        lifted = positions + normals * _BIAS_M
        at = np.clip(((lifted @ axes - low) / cell).astype(np.int64), 0, _MAP)
        free = lifted @ direction > depth[at[:, 0] * (_MAP + 1) + at[:, 1]] - _BIAS_M
        seen += weight * free
        total += weight
    visible: Floats = seen / np.maximum(total, 1e-9)
    return visible


def smooth(values: Floats, triangles: Ints, rounds: int) -> Floats:
    """Average each vertex with its neighbours a few times."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    counts = np.bincount(edges.ravel(), minlength=len(values))
    for _ in range(rounds):
        total = np.bincount(edges[:, 0], values[edges[:, 1]], len(values))
        total += np.bincount(edges[:, 1], values[edges[:, 0]], len(values))
        values = np.where(counts > 0, 0.5 * values + 0.5 * total / np.maximum(counts, 1), values)
    return values


def _strew(positions: Floats, triangles: Ints) -> Floats:
    corners = positions[triangles]  # [M, 3, 3]
    shares = [
        (i / _SPLATS, j / _SPLATS, 1 - (i + j) / _SPLATS)
        for i in range(_SPLATS + 1)
        for j in range(_SPLATS + 1 - i)
    ]
    return np.concatenate([np.einsum("k,mkc->mc", share, corners) for share in shares])
