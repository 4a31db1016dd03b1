"""Shapes lent by another head: its offsets, laid over the places that correspond."""

from __future__ import annotations

import numpy as np

from stream_engine.avatar.found_head import F64, I64
from stream_engine.avatar.nearest import NONE, around, nearest_far
from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.mesh.materials import Material
from stream_engine.motion.arkit import ARKIT_COUNT, INDEX

_OPEN = 0.4
"""How far jaws are open while places are compared, so that no upper lip is taken for a lower."""

_REACH_M, _SOFT_M = 0.006, 0.002
_WARP_M = 0.02
_INSIDE = (Material.TEETH, Material.GUM, Material.TONGUE, Material.MOUTH)


class Lender:
    """Lends a head's shapes to another.

    Args:
        reference: Who lends.
        positions: Of who borrows, at rest and placed, [V, 3].
        jaw: Its own jawOpen, [V, 3].
        kind: `Material` codes of its vertices, [V].
        lips: Vertices of its inner lips from left to right: upper, lower.
    """

    def __init__(
        self,
        reference: HeadAsset,
        positions: F64,
        jaw: F64,
        kind: np.ndarray,
        lips: tuple[I64, I64],
    ) -> None:
        basis = reference.basis.reshape(ARKIT_COUNT, -1, 3).astype(np.float64)
        still = reference.positions.astype(np.float64)
        theirs = still + _OPEN * basis[INDEX["jawOpen"]]
        opening = -jaw[lips[1], 1].min()
        wanted = -basis[INDEX["jawOpen"]][reference.inner_lip, 1].min()
        ours = positions + _OPEN * min(wanted / max(opening, 1e-6), 2.0) * jaw
        ours = ours + _warp(ours, _corners(ours, lips), _corners(theirs, _lips_of(reference)))
        inside = np.isin(reference.material, _INSIDE)
        pairs = []
        for borrow, lend in (
            (~np.isin(kind, (*_INSIDE, Material.EYE)), ~inside & (reference.material != 2)),
            (np.isin(kind, _INSIDE), inside),
            (kind == Material.EYE, reference.material == Material.EYE),
        ):
            pairs.append(_pairs(theirs, ours, np.flatnonzero(lend), np.flatnonzero(borrow)))
        self._rows, self._points, self._weight = (
            np.concatenate(parts) for parts in zip(*pairs, strict=True)
        )
        self._count, self._basis = len(positions), basis

    def shape(self, name: str) -> F64:
        """Lend one shape, [V, 3] metres."""
        pulls = self._basis[INDEX[name]][self._points] * self._weight[:, None]
        summed = [np.bincount(self._rows, pull, self._count) for pull in pulls.T]
        return np.stack(summed, axis=1)


def _pairs(theirs: F64, ours: F64, lend: I64, borrow: I64) -> tuple[I64, I64, F64]:
    """Who borrows from whom, and which share of it."""
    rows, points, away = around(theirs[lend], ours[borrow], _REACH_M)
    alone = np.setdiff1d(np.arange(len(borrow)), rows)
    far = nearest_far(theirs[lend], ours[borrow[alone]], 2 * _REACH_M, 3)
    there = far != NONE
    rows = np.concatenate([rows, alone[there]])
    points = np.concatenate([points, far[there]])
    weight = np.concatenate([1.0 / (away**2 + _SOFT_M**2), np.ones(int(there.sum()))])
    total = np.bincount(rows, weight, max(len(borrow), 1))
    return borrow[rows], lend[points], weight / total[rows]


def _lips_of(head: HeadAsset) -> tuple[I64, I64]:
    """Upper and lower half of a head's contour, from the left corner."""
    loop = head.inner_lip.astype(np.int64)
    corner = int(head.positions[loop, 0].argmin())
    return loop[: corner + 1], np.concatenate([loop[corner:], loop[:1]])[::-1]


def _corners(positions: F64, lips: tuple[I64, I64]) -> F64:
    """Left and right corner, middle of the upper and of the lower lip, [4, 3]."""
    upper, lower = positions[lips[0]], positions[lips[1]]
    ends = [(upper[k] + lower[k]) / 2.0 for k in (0, -1)]
    across = (ends[0][0] + ends[1][0]) / 2.0
    middles = [edge[np.abs(edge[:, 0] - across).argmin()] for edge in (upper, lower)]
    return np.array([*ends, *middles])


def _warp(points: F64, here: F64, there: F64) -> F64:
    """Move mouths over each other; less the further from the mouth, [V, 3]."""
    away = np.linalg.norm(points[:, None] - here[None], axis=2)
    weight = 1.0 / (away**2 + 1e-6)
    moved = (weight / weight.sum(axis=1, keepdims=True)) @ (there - here)
    near = np.exp(-((np.maximum(away.min(axis=1) - 0.01, 0.0) / _WARP_M) ** 2))
    warped: F64 = moved * near[:, None]
    return warped
