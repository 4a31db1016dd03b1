"""A lining for mouths that have nothing inside: a dark bag that hangs on the inner lips."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stream_engine.avatar.complete import Completed
from stream_engine.avatar.found_head import FoundSurface
from stream_engine.avatar.whole import Whole
from stream_engine.mesh.materials import Material

_RINGS = ((0.006, 1.45), (0.014, 1.5), (0.030, 1.0), (0.050, 0.02))
"""Depth behind the lips in metres, and width as a share of theirs."""

_FLESH = FoundSurface("mouth lining", (0.16, 0.035, 0.035, 1.0), two_sided=True)
_FOLLOWS = (1.0, 1.0, 0.8, 0.4)
_INSIDE = (Material.MOUTH, Material.GUM, Material.TEETH, Material.TONGUE)


def lined(whole: Whole, made: Completed) -> tuple[Whole, Completed]:
    """Give a head a mouth to look into, unless it has one.

    Args:
        whole: The head.
        made: Its shapes and lips.

    Returns:
        Both, with the lining at the end.
    """
    if whole.is_kind(*_INSIDE).any():
        return whole, made
    loop = made.lips.inner_loop
    points, count = whole.positions[loop], len(loop)
    middle = points.mean(axis=0)
    rings, moves = [], []
    for (depth, width), follow in zip(_RINGS, _FOLLOWS, strict=True):
        rings.append(middle + (points - middle) * (width, width, 1.0) - (0.0, 0.0, depth))
        moves.append(made.offsets[:, loop] * follow)
    first = len(whole.positions)
    a = np.arange(count)[None] + count * np.arange(len(_RINGS) - 1)[:, None]
    b = np.roll(a, -1, axis=1)
    quads = np.stack([a, b, b + count, a + count], axis=-1).reshape(-1, 4) + first
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    added = count * len(_RINGS)
    longer = replace(
        whole,
        positions=np.concatenate([whole.positions, *rings]),
        triangles=np.concatenate([whole.triangles, triangles]),
        surface=np.concatenate([whole.surface, np.full(len(triangles), len(whole.surfaces))]),
        surfaces=(*whole.surfaces, _FLESH),
        uv=np.concatenate([whole.uv, np.zeros((added, 2))]),
        color=np.concatenate([whole.color, np.ones((added, 4))]),
        kind=np.concatenate([whole.kind, np.full(added, Material.MOUTH, np.uint8)]),
        shapes={k: np.concatenate([v, np.zeros((added, 3))]) for k, v in whole.shapes.items()},
        head_share=np.concatenate([whole.head_share, np.tile(whole.head_share[loop], len(_RINGS))]),
        jaw_share=np.concatenate([whole.jaw_share, np.zeros(added)]),
        piece=np.concatenate([whole.piece, np.full(added, whole.piece.max() + 1)]),
    )
    return longer, replace(made, offsets=np.concatenate([made.offsets, *moves], axis=1))
