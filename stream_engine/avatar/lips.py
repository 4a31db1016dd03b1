"""Finds the lips of a head by what parts when the jaw opens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stream_engine.avatar.found_head import F64, I64
from stream_engine.avatar.nearest import around, nearest_far
from stream_engine.errors import AssetError
from stream_engine.mesh.head_asset import HeadAsset

_BOX_M = np.array([0.045, 0.035, 0.045])
_TOUCH_M = 0.009
_OPENS_M = 0.002
_PARTS = 0.28
"""Share of the widest parting that still counts, towards the corners."""

_COLUMN_M = 0.0025
_REACH_M = 0.003
_FRONT = 2.0
_MIDDLE_M = 0.006
_OUTER_M = 0.009


@dataclass(frozen=True, slots=True)
class Lips:
    """Vertices of the lips, from the subject's left to the right.

    Attributes:
        upper: Along the upper lip's inner edge, [n].
        lower: What touches them, [n].
        outer_upper: Where the upper lip meets skin, [n].
        outer_lower: Likewise below, [n].
    """

    upper: I64
    lower: I64
    outer_upper: I64
    outer_lower: I64

    @property
    def inner_loop(self) -> I64:
        """Contour from the left corner over the upper lip, no vertex twice."""
        return _loop(self.upper, self.lower)

    @property
    def outer_loop(self) -> I64:
        """Contour where lips meet skin, likewise."""
        return _loop(self.outer_upper, self.outer_lower)


def find_lips(positions: F64, jaw: F64, skin: I64, reference: HeadAsset) -> Lips:
    """Pair upper and lower lip.

    Args:
        positions: Vertices of a placed head, [V, 3].
        jaw: Offsets of jawOpen, [V, 3].
        skin: Numbers of vertices that are skin.
        reference: A head that stands as this one; its mouth is about where this one's is.

    Returns:
        The lips.

    Raises:
        AssetError: If nothing parts when the jaw opens.
    """
    mouth = reference.positions[reference.inner_lip].mean(axis=0)
    near = skin[(np.abs(positions[skin] - mouth) < _BOX_M).all(axis=1)]
    points, drop = positions[near], -jaw[near, 1]
    upper, lower = _pairs(points, drop)
    if not len(upper):
        raise _no_lips()
    chosen = _columns(points, upper, lower)
    middle = np.abs(points[upper[chosen], 0]) < 2 * _MIDDLE_M
    if len(chosen) < 3 or not middle.any():
        raise _no_lips()
    above, below = near[upper[chosen]], near[lower[chosen]]
    return Lips(
        above,
        below,
        _outside(positions, near, above, _OUTER_M),
        _outside(positions, near, below, -_OUTER_M),
    )


def _pairs(points: F64, drop: F64) -> tuple[I64, I64]:
    """What lies together and parts: numbers above and below."""
    above, below, away = around(points, points, _TOUCH_M)
    parting = drop[below] - drop[above]
    widest = float(parting.max(initial=0.0))
    # What parts within a millimetre is cut; skin that stretches parts little over so little.
    sharp = parting / (away + 0.001)
    pairs = (parting > _PARTS * widest) & (sharp > 0.1 * sharp.max(initial=0.0))
    pairs &= widest > _OPENS_M
    return above[pairs], below[pairs]


def _columns(points: F64, upper: I64, lower: I64) -> I64:
    """Of each column of pairs, from left to right, the one furthest to the front."""
    across = (points[upper, 0] + points[lower, 0]) / 2.0
    slant = np.abs(points[upper, 0] - points[lower, 0])
    gap = np.linalg.norm(points[upper] - points[lower], axis=1)
    front = (points[upper, 2] + points[lower, 2]) / 2.0 - _FRONT * gap - slant
    chosen: list[int] = []
    for middle in np.arange(across.max(), across.min() - _COLUMN_M, -_COLUMN_M):
        rows = np.flatnonzero(np.abs(across - middle) < _REACH_M)
        if len(rows):
            chosen.append(int(rows[front[rows].argmax()]))
    return _without_steps(np.array(list(dict.fromkeys(chosen)), np.int64), front)


def _without_steps(chosen: I64, front: F64) -> I64:
    """Leave out columns whose pair lies far behind its neighbours': inside of the mouth."""
    depth = front[chosen]
    around = np.array([np.median(depth[max(k - 2, 0) : k + 3]) for k in range(len(depth))])
    return chosen[depth > around - 0.006]


def _outside(positions: F64, near: I64, edge: I64, up: float) -> I64:
    wanted = positions[edge] + np.array([0.0, up, 0.002])
    return near[nearest_far(positions[near], wanted, 0.004)]


def _loop(upper: I64, lower: I64) -> I64:
    return np.array(list(dict.fromkeys([*upper.tolist(), *lower[::-1].tolist()])), np.int64)


def _no_lips() -> AssetError:
    return AssetError(
        "no lips were found: nothing at the mouth parts when the jaw opens",
        got="a mouth that stays shut",
        expected="a mesh whose mouth is cut open, and a shape jawOpen that parts it",
        fix="say which shape opens the jaw with --map NAME=jawOpen",
    )
