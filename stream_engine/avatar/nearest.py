"""Nearest points, by cells of space."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from stream_engine.avatar.found_head import F64, I64

NONE = -1


def nearest(points: F64, queries: F64, reach: float) -> I64:
    """Find the nearest point of each query.

    Args:
        points: [N, 3].
        queries: [Q, 3].
        reach: How far to look.

    Returns:
        Numbers of points, [Q]; `NONE` where none lies within reach.
    """
    found = np.full(len(queries), NONE)
    best = np.full(len(queries), reach * reach)
    for rows, candidates in _candidates(points, queries, reach):
        away = ((queries[rows] - points[candidates]) ** 2).sum(axis=1)
        closer = away < best[rows]
        best[rows[closer]] = away[closer]
        found[rows[closer]] = candidates[closer]
    return found


def around(points: F64, queries: F64, reach: float) -> tuple[I64, I64, F64]:
    """Find all points around each query.

    Args:
        points: [N, 3].
        queries: [Q, 3].
        reach: How far to look.

    Returns:
        Pairs: number of the query, number of the point, distance, [P] each.
    """
    found: list[tuple[I64, I64, F64]] = [(np.zeros(0, int), np.zeros(0, int), np.zeros(0))]
    for rows, candidates in _candidates(points, queries, reach):
        away = np.linalg.norm(queries[rows] - points[candidates], axis=1)
        close = away < reach
        found.append((rows[close], candidates[close], away[close]))
    rows, points_of, away = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return rows, points_of, away


def spacing(points: F64) -> float:
    """How far neighbours are apart, in the middle of some hundred points."""
    some = points[:: max(len(points) // 300, 1)]
    apart = ((some[:, None] - points[None]) ** 2).sum(axis=2)
    apart[apart < 1e-14] = np.inf
    return float(np.sqrt(np.median(apart.min(axis=1))))


def _candidates(points: F64, queries: F64, reach: float) -> Iterator[tuple[I64, I64]]:
    """Queries, and a point of each that lies in its cell or one beside it; no pair twice."""
    if not len(points) or not len(queries):
        return
    low = np.minimum(points.min(axis=0), queries.min(axis=0)) - 2 * reach
    size = ((np.maximum(points.max(axis=0), queries.max(axis=0)) - low) / reach).astype(int) + 3
    strides = np.array([size[1] * size[2], size[2], 1])
    keys = ((points - low) / reach).astype(np.int64) @ strides
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    cells = ((queries - low) / reach).astype(np.int64)
    for step in product((-1, 0, 1), repeat=3):
        wanted = (cells + step) @ strides
        start = np.searchsorted(keys, wanted)
        count = np.searchsorted(keys, wanted, side="right") - start
        for k in range(int(count.max(initial=0))):
            rows = np.flatnonzero(count > k)
            yield rows, order[start[rows] + k]


def nearest_far(points: F64, queries: F64, reach: float, doublings: int = 6) -> I64:
    """Find nearest points, looking twice as far for what has none; see `nearest`."""
    found = np.full(len(queries), NONE)
    for _ in range(doublings):
        open_rows = np.flatnonzero(found == NONE)
        found[open_rows] = nearest(points, queries[open_rows], reach)
        reach *= 2.0
    return found
