"""How much open sky each vertex sees, so that a mouth is dark inside: depth maps of points."""

from __future__ import annotations

import numpy as np

from stream_engine.avatar.found_head import F64, I64

_DIRECTIONS = 48
_CELLS = 160
_BIAS_M = 0.004
_MOST_CUTS = 14


def open_sky(
    positions: F64,
    triangles: I64,
    normals: F64,
    directions: int = _DIRECTIONS,
    cells: int = _CELLS,
) -> F64:
    """Share of the light from around that nothing keeps off, 0..1, [V].

    Args:
        positions: Metres, [V, 3].
        triangles: What keeps light off, [M, 3].
        normals: [V, 3].
        directions: From which light comes.
        cells: Of a depth map, across the whole.

    Returns:
        The shares.
    """
    points = _strewn(positions[triangles], float(np.ptp(positions, axis=0).max()) / cells)
    lifted = positions + _BIAS_M * normals
    seen, total = np.zeros(len(positions)), np.zeros(len(positions))
    for direction in _sphere(directions):
        # Light from below is weaker: the chest sends some back.
        cosine = np.clip(normals @ direction, 0.0, None) * (0.7 + 0.3 * direction[1])
        seen += cosine * _free(points, lifted, direction, cells)
        total += cosine
    return np.clip(1.1 * seen / np.maximum(total, 1e-9), 0.0, 1.0)


def _strewn(corners: F64, apart: float) -> F64:
    """Points over triangles [M, 3, 3], so close that no cell between them is missed."""
    edges = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    cuts = np.clip(np.ceil(edges / apart), 1, _MOST_CUTS).astype(np.int64)
    strewn = []
    for n in np.unique(cuts).tolist():
        shares = np.array([(i, j, n - i - j) for i in range(n + 1) for j in range(n + 1 - i)]) / n
        strewn.append(np.einsum("sk,mkc->smc", shares, corners[cuts == n]).reshape(-1, 3))
    return np.concatenate(strewn)


def _free(points: F64, lifted: F64, direction: F64, cells: int) -> F64:
    """1 where nothing stands before a point, seen along a direction."""
    aside = np.cross(direction, (0.31, 0.17, 0.93))
    aside /= np.linalg.norm(aside)
    axes = np.stack([aside, np.cross(direction, aside)], axis=1)
    flat = points @ axes
    low = flat.min(axis=0)
    cell = np.ptp(flat, axis=0).max() / (cells - 1)

    def spot(plane: F64) -> I64:
        at = np.clip(((plane - low) / cell).astype(np.int64), 0, cells - 1)
        return np.asarray(at[:, 0] * cells + at[:, 1])

    depth = np.full(cells * cells, -np.inf)
    np.maximum.at(depth, spot(flat), points @ direction)
    free: F64 = (lifted @ direction > depth[spot(lifted @ axes)] - _BIAS_M).astype(np.float64)
    return free


def _sphere(count: int) -> F64:
    """Directions spread evenly (Fibonacci lattice), [count, 3]."""
    step = np.arange(count) + 0.5
    height = 1 - 2 * step / count
    turn, radius = np.pi * (1 + np.sqrt(5)) * step, np.sqrt(1 - height**2)
    return np.stack([radius * np.cos(turn), height, radius * np.sin(turn)], axis=1)
