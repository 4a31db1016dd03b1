"""Corrective of the lips: they touch, press each other a little, and go no further.

Shapes are added up, so a mouth that is shut and smiles, presses or rolls its lips at once goes
further than each was made for, and one lip ends inside the other. Where the inner edges have
passed each other, both are moved back, half of the way each, and the lips with them, less with
every millimetre from the edge. Coefficients stay what they are.

What it needs is measured on the head when it is opened: any head with lips has it.
`clients/web/pose.js` does the same with the numbers of `LipContact.measures`.
"""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from stream_engine.mesh.head_asset import HeadAsset

Floats = NDArray[np.float32]

_REACH_M = 0.012
"""How far along the surface from the inner edge a lip is moved."""
_SOFT_M = 0.0003
"""How far lips press into each other: with less, teeth show between them here and there."""


class LipContact:
    """Keeps the lips of posed heads out of each other.

    Latency: none. State: none. Thread: any. Buffers: heads are changed in place.

    Args:
        asset: The head.
    """

    def __init__(self, asset: HeadAsset) -> None:
        loop, rest = asset.inner_lip.astype(np.int64), asset.positions
        corner = int(rest[loop, 0].argmin())  # from the left corner to this one and back
        upper, lower = loop[1:corner], np.append(loop[corner:], loop[0])
        self._upper = upper[np.argsort(rest[upper, 0], kind="stable")]
        self._lower = lower[np.argsort(rest[lower, 0], kind="stable")]
        self._least = np.minimum(self._gaps(rest), 0.0) - np.float32(_SOFT_M)
        self._vertices, self._pull, self._column = _moved(asset, self._upper, self._lower)

    def correct(self, heads: Floats) -> None:
        """Move lips apart on heads that are not turned, float32 [T, V, 3], in place."""
        gaps = np.stack([self._gaps(head) for head in heads])
        past = np.maximum(self._least - gaps, 0.0)  # [T, C]
        if not past.any():
            return
        before = self._column.astype(np.int64)
        part = self._column - before
        after = np.minimum(before + 1, past.shape[1] - 1)
        there = past[:, before] * (1.0 - part) + past[:, after] * part
        heads[:, self._vertices, 1] += there * self._pull

    def measures(self) -> dict[str, object]:
        """All that this needs, as plain JSON values."""
        return {
            "upper": self._upper.tolist(),
            "lower": self._lower.tolist(),
            "least": [round(value, 7) for value in self._least.tolist()],
            "vertices": self._vertices.tolist(),
            "pull": [round(value, 4) for value in self._pull.tolist()],
            "column": [round(value, 3) for value in self._column.tolist()],
        }

    def _gaps(self, head: Floats) -> Floats:
        """How far the upper edge is above the lower at each of its vertices, [C]."""
        # A corner may fold over: what lies behind counts as being where the fold is.
        along = np.maximum.accumulate(head[self._lower, 0])
        below = np.interp(head[self._upper, 0], along, head[self._lower, 1])
        gaps: Floats = (head[self._upper, 1] - below).astype(np.float32)
        return gaps


def _moved(
    asset: HeadAsset, upper: NDArray[np.int64], lower: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Which vertices follow the edges, how far (up above 0), and which column they follow."""
    corners = {int(lower[0]), int(lower[-1])}
    links = _links(asset)
    found: dict[int, tuple[float, float]] = {}  # how far, and which way
    for edge, way in ((upper, 0.5), (lower[1:-1], -0.5)):
        others = corners | set((lower if way > 0.0 else upper).tolist())
        for vertex, far in _walk(asset.positions, links, edge, others).items():
            if vertex not in found or far < found[vertex][0]:
                found[vertex] = (far, way)
    vertices = np.array(sorted(found), np.int64)
    places = np.array([found[vertex] for vertex in vertices.tolist()])
    share = places[:, 0] / _REACH_M
    eased = 1.0 - share * share * (3.0 - 2.0 * share)
    at = asset.positions[vertices, 0]
    column = np.interp(at, asset.positions[upper, 0], np.arange(len(upper)))
    pull = (places[:, 1] * eased).astype(np.float32)
    return vertices, pull.round(4), column.astype(np.float32).round(3)


def _links(asset: HeadAsset) -> dict[int, set[int]]:
    """Neighbours of the skin's vertices near the mouth."""
    mouth = asset.positions[asset.inner_lip]
    low, high = mouth.min(axis=0) - 2 * _REACH_M, mouth.max(axis=0) + 2 * _REACH_M
    near = ((asset.positions > low) & (asset.positions < high)).all(axis=1)
    near[asset.skin_vertices :] = False
    links: dict[int, set[int]] = {}
    for a, b, c in asset.triangles[near[asset.triangles].all(axis=1)].tolist():
        for one, other in ((a, b), (b, c), (c, a)):
            links.setdefault(one, set()).add(other)
            links.setdefault(other, set()).add(one)
    return links


def _walk(
    rest: Floats, links: dict[int, set[int]], edge: NDArray[np.int64], stops: set[int]
) -> dict[int, float]:
    """How far along the surface vertices are from an edge, those within reach (Dijkstra 1959)."""
    found: dict[int, float] = {}
    waiting = [(0.0, vertex) for vertex in edge.tolist()]
    while waiting:
        far, vertex = heapq.heappop(waiting)
        if vertex in found:
            continue
        found[vertex] = far
        for other in links.get(vertex, ()):
            reach = far + float(np.linalg.norm(rest[other] - rest[vertex]))
            if other not in found and other not in stops and reach < _REACH_M:
                heapq.heappush(waiting, (reach, other))
    return found
