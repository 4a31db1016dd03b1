"""One piece of the head (skin, an eye, a row of teeth) and how pieces are joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.head.makehuman import Floats, Ints

SHAPES = 52


@dataclass(frozen=True, slots=True)
class Part:
    """Geometry that shares a draw group.

    Attributes:
        group: Draw group: `skin`, `mouth`, `eye` or `lash`.
        positions: Neutral vertices in metres from the head centre, [V, 3].
        triangles: Vertex numbers, counter-clockwise seen from outside, [M, 3].
        uv: Texture coordinates, [V, 2]; what they mean depends on the group.
        material: Material code of each vertex, [V].
        color: sRGB colour 0..1 of each vertex, [V, 3].
        deltas: Offsets of the 52 ARKit shapes in metres, [52, V, 3].
    """

    group: str
    positions: Floats
    triangles: Ints
    uv: Floats
    material: Ints
    color: Floats
    deltas: Floats


@dataclass(frozen=True, slots=True)
class DrawGroup:
    """A run of triangles drawn with one shader."""

    name: str
    first_triangle: int
    triangles: int


def join(parts: Sequence[Part]) -> tuple[Part, list[DrawGroup]]:
    """Put parts one after another; parts of one group must stand together."""
    offsets = np.cumsum([0] + [len(part.positions) for part in parts])
    triangles = [p.triangles + o for p, o in zip(parts, offsets[:-1], strict=True)]
    groups: list[DrawGroup] = []
    first = 0
    for part in parts:
        count = len(part.triangles)
        if groups and groups[-1].name == part.group:
            last = groups.pop()
            groups.append(DrawGroup(part.group, last.first_triangle, last.triangles + count))
        else:
            groups.append(DrawGroup(part.group, first, count))
        first += count
    whole = Part(
        "all",
        np.concatenate([p.positions for p in parts]),
        np.concatenate(triangles),
        np.concatenate([p.uv for p in parts]),
        np.concatenate([p.material for p in parts]),
        np.concatenate([p.color for p in parts]),
        np.concatenate([p.deltas for p in parts], axis=1),
    )
    return whole, groups


def split_quads(positions: Floats, quads: Ints) -> Ints:
    """Cut quads [M, 4] along the shorter diagonal into triangles [2M, 3]."""
    a, b, c, d = (positions[quads[:, k]] for k in range(4))
    across = np.linalg.norm(a - c, axis=1) <= np.linalg.norm(b - d, axis=1) + 1e-9
    first = np.where(across[:, None], quads[:, [0, 1, 2]], quads[:, [0, 1, 3]])
    second = np.where(across[:, None], quads[:, [0, 2, 3]], quads[:, [1, 2, 3]])
    return np.stack([first, second], axis=1).reshape(-1, 3)


def grid_quads(rows: int, columns: int) -> Ints:
    """Quads of a rows x columns vertex grid stored row by row."""
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    return np.stack([corner, corner + columns, corner + columns + 1, corner + 1], axis=1)
