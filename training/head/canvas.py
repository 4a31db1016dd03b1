"""Spreads vertex values over the skin texture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.head.makehuman import Floats, Ints
from training.head.skin import NDBool

_MARGIN_ROUNDS = 6


@dataclass(frozen=True, slots=True)
class Canvas:
    """For each texel, where on the head it lies.

    Attributes:
        values: Interpolated vertex values, [H, W, C].
        covered: True where a triangle lies, [H, W].
    """

    values: Floats
    covered: NDBool


def spread(
    uv: Floats, triangles: Ints, values: Floats, height: Floats, size: tuple[int, int]
) -> Canvas:
    """Draw triangles into texture space; where they overlap the one of greater height stays.

    Args:
        uv: Texture coordinates of vertices, [V, 2].
        triangles: Which to draw, [M, 3].
        values: What to interpolate, [V, C].
        height: Which layer wins, [V].
        size: Rows and columns of the texture.

    Returns:
        The texture's texels.
    """
    rows, columns = size
    result = np.zeros((rows, columns, values.shape[1]))
    top = np.full(size, -np.inf)
    texel = uv * (columns, rows) - 0.5
    for corners in triangles:
        _draw(texel[corners], values[corners], height[corners], result, top)
    covered = np.isfinite(top)
    return Canvas(_grow(result, covered), covered)


def _draw(at: Floats, values: Floats, height: Floats, result: Floats, top: Floats) -> None:
    """Fill one triangle; a little beyond its edges, so that seams leave no gap."""
    last = np.array(top.shape[::-1]) - 1
    low = np.clip(np.floor(at.min(axis=0)).astype(int), 0, last)
    high = np.clip(np.ceil(at.max(axis=0)).astype(int), 0, last) + 1
    edge_a, edge_b = at[1] - at[0], at[2] - at[0]
    area = edge_a[0] * edge_b[1] - edge_a[1] * edge_b[0]
    if abs(area) < 1e-9:
        return
    x, y = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
    dx, dy = x - at[0, 0], y - at[0, 1]
    second = (dx * edge_b[1] - dy * edge_b[0]) / area
    third = (dy * edge_a[0] - dx * edge_a[1]) / area
    shares = np.stack([1 - second - third, second, third], axis=-1)
    inside = (shares > -0.02).all(axis=-1)
    level = shares @ height
    window = top[low[1] : high[1], low[0] : high[0]]
    better = inside & (level > window)
    window[better] = level[better]
    result[low[1] : high[1], low[0] : high[0]][better] = shares[better] @ values


def _grow(values: Floats, covered: NDBool) -> Floats:
    """Fill texels outside every triangle from their neighbours, so that filtering meets no hole."""
    values, known = values.copy(), covered.copy()
    for _ in range(_MARGIN_ROUNDS):
        for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
            near = np.roll(known, step, axis) & ~known
            values[near] = np.roll(values, step, axis)[near]
            known |= near
    return values
