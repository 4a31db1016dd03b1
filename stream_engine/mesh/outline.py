r"""Edges that would show are split once, when a head is opened, so that its outline is round.

A straight edge between vertices whose normals differ cuts off a piece of the smooth surface that
they belong to. How high that piece is can be told from both (the middle of a PN triangle's edge):

    normal            normal
        \   . - ' - .   /
         p0 ----------- p1       rise = -((p1 - p0)·n0 n0 + (p0 - p1)·n1 n1) / 8

Where it is more of a pixel than is allowed, and the edge may come to lie on the outline, it gets a
vertex in its middle, which rises with every pose; triangles are cut where their edges are, so both
sides of an edge agree and nothing gapes. What still shows is split once more. Vertices that were
there stay where they are. `clients/web/outline.js` does the same.

Source: Vlachos et al. 2001, 'Curved PN Triangles'.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from stream_engine.mesh.head_asset import DrawGroup, HeadAsset
from stream_engine.mesh.normals import NormalField

Floats = NDArray[np.float32]
Corners = NDArray[np.uint16]
Number = TypeVar("Number", np.float32, np.uint8)

SHOWS, SHOWS_TO_PROCESSORS = 0.25, 0.7
"""Of a pixel: what an outline may be off; and where a processor draws, which pays for triangles."""
CREASE = 0.8
"""Cosine between normals below which an edge is meant to be one."""
SIDEWAYS = 0.64
"""Of a normal of length 1, its forward part: more, and no usual turn puts it on the outline."""
OPEN_SKY = 60
"""Of 255: what sees less of the sky is the inside of a mouth, a nose, a collar."""
_LEVELS = 2
_MOST_VERTICES = 65_535
_BITS = 16


@dataclass(frozen=True, slots=True)
class Outline:
    """A head's triangles as they are drawn, and what is put between its vertices.

    Attributes:
        edges: Ends of the edges that are split, int64 [E, 2], for each time; vertices of an edge's
            middle are numbered on from those that were there.
        triangles: Vertex numbers, uint16 [M, 3].
        groups: Draw groups over them.
    """

    edges: tuple[NDArray[np.int64], ...]
    triangles: Corners
    groups: tuple[DrawGroup, ...]

    @property
    def added(self) -> int:
        """Vertices that the head itself does not have."""
        return sum(len(edges) for edges in self.edges)

    def runs(self) -> dict[str, Corners]:
        """Triangles of each draw group."""
        return {
            group.name: self.triangles[group.first_triangle :][: group.triangles]
            for group in self.groups
        }

    def placed(self, positions: Floats, normals: Floats) -> tuple[Floats, Floats]:
        """Posed vertices and normals with those of split edges after them, [V + E, 3] each."""
        for edges in self.edges:
            positions, normals = _placed(edges, positions, normals)
        return positions, normals

    def between(self, values: NDArray[Number]) -> NDArray[Number]:
        """What belongs to vertices, [V, N], with the means of split edges after it."""
        for edges in self.edges:
            middle = values[edges].astype(np.float32).mean(axis=1)
            if values.dtype.kind == "u":
                middle = np.rint(middle)
            values = np.concatenate([values, middle.astype(values.dtype)])
        return values


def _placed(
    edges: NDArray[np.int64], positions: Floats, normals: Floats
) -> tuple[Floats, Floats]:
    ends = positions[edges], normals[edges]
    middle = 0.5 * (ends[0][:, 0] + ends[0][:, 1]) + rises(*ends)
    upright = ends[1][:, 0] + ends[1][:, 1]
    length = np.sqrt(np.einsum("ek,ek->e", upright, upright))
    unit = upright / np.maximum(length, 1e-20)[:, None]
    return np.concatenate([positions, middle]), np.concatenate([normals, unit])


def rises(points: Floats, normals: Floats) -> Floats:
    """How the middles of edges [E, 2, 3] rise to the smooth surface, [E, 3]."""
    along = points[:, 1] - points[:, 0]
    first = np.einsum("ek,ek->e", along, normals[:, 0])[:, None] * normals[:, 0]
    second = np.einsum("ek,ek->e", along, normals[:, 1])[:, None] * normals[:, 1]
    rise: Floats = (second - first) * np.float32(0.125)
    return rise


def outline(asset: HeadAsset, pixels_a_metre: float, shows: float = SHOWS) -> Outline:
    """Choose the skin's edges that would show.

    Args:
        asset: The head.
        pixels_a_metre: Of the picture, at the head.
        shows: Of a pixel, what an outline may be off.

    Returns:
        What is drawn; the head's own triangles where nothing would show.
    """
    skin = asset.draw_triangles[: asset.groups[0].triangles]
    bare = Outline((), asset.draw_triangles, asset.groups)
    normals = NormalField(asset.triangles, asset.vertices).of(asset.positions)
    for _ in range(_LEVELS):
        placed = bare.placed(asset.positions, normals)
        edges = _shown(_edges(skin), placed, bare.between(asset.color), shows / pixels_a_metre)
        if not len(edges):
            break
        skin = _cut(skin, edges, len(placed[0]))
        bare = replace(bare, edges=(*bare.edges, edges))
    rest = asset.draw_triangles[asset.groups[0].triangles :]
    grown = len(skin) - asset.groups[0].triangles
    groups = [DrawGroup(asset.groups[0].name, 0, len(skin))]
    for group in asset.groups[1:]:
        groups.append(replace(group, first_triangle=group.first_triangle + grown))
    return replace(bare, triangles=np.concatenate([skin, rest]), groups=tuple(groups))


def outline_measures() -> dict[str, object]:
    """What edges are chosen by, as plain JSON values, for a renderer elsewhere."""
    return {
        "shows": {"card": SHOWS, "processor": SHOWS_TO_PROCESSORS},
        "crease": CREASE,
        "sideways": SIDEWAYS,
        "open_sky": OPEN_SKY,
        "levels": _LEVELS,
    }


def _shown(
    edges: NDArray[np.int64], placed: tuple[Floats, Floats], color: NDArray[np.uint8], most_m: float
) -> NDArray[np.int64]:
    """Those edges that stand off the smooth surface by more, and may come to lie on the outline."""
    positions, normals = placed
    ends = normals[edges]
    high = np.linalg.norm(rises(positions[edges], ends), axis=1)
    soft = np.einsum("ek,ek->e", ends[:, 0], ends[:, 1]) > CREASE
    aside = np.abs(ends[:, :, 2]).min(axis=1) < SIDEWAYS
    seen = color[edges, 3].min(axis=1) > OPEN_SKY
    found = np.flatnonzero((high > most_m) & soft & aside & seen)
    room = max(_MOST_VERTICES - len(positions), 0)
    highest = found[np.argsort(-high[found], kind="stable")[:room]]
    return edges[np.sort(highest)]


def _edges(run: Corners) -> NDArray[np.int64]:
    """Every edge of triangles once, the smaller vertex number first, [E, 2]."""
    keys = np.sort(_sides(run), axis=None)  # np.unique would import numpy.ma at every start
    keys = keys[np.diff(keys, prepend=-1) > 0]
    first, second = keys >> _BITS, keys & (1 << _BITS) - 1
    edges: NDArray[np.int64] = np.stack([first, second], axis=1)[first != second]
    return edges


def _sides(run: Corners) -> NDArray[np.int64]:
    """A number for each side of triangles, the same from both, [M, 3]."""
    corners = run.astype(np.int64)
    following = np.roll(corners, -1, axis=1)
    low, high = np.minimum(corners, following), np.maximum(corners, following)
    keys: NDArray[np.int64] = low << _BITS | high
    return keys


def _cut(run: Corners, chosen: NDArray[np.int64], vertices: int) -> Corners:
    """Cut triangles where their edges are split: in two, three or four."""
    known = chosen[:, 0] << _BITS | chosen[:, 1]  # in order, as the edges are
    sides = _sides(run)
    at = np.minimum(np.searchsorted(known, sides), len(known) - 1)
    middles = np.where(known[at] == sides, at + vertices, -1)
    pieces = 1 + (middles >= 0).sum(axis=1)
    first = np.cumsum(pieces) - pieces
    made = np.empty((int(pieces.sum()), 3), np.uint16)
    made[first] = run
    for triangle in np.flatnonzero(pieces > 1).tolist():
        parts = _pieces(run[triangle].tolist(), middles[triangle].tolist())
        made[first[triangle] :][: len(parts)] = parts
    return made


def _pieces(corners: list[int], middles: list[int]) -> list[tuple[int, int, int]]:
    """The triangles of one, given the vertex in the middle of each side, -1 where none is."""
    split = [k for k in range(3) if middles[k] >= 0]
    # Turned so that its first side is split and, of two, the second too; or all are.
    turn = split[0] if len(split) != 2 or split[1] == split[0] + 1 else split[1]
    a, b, c = (corners[(turn + k) % 3] for k in range(3))
    ab, bc, ca = (middles[(turn + k) % 3] for k in range(3))
    if bc < 0:
        return [(a, ab, c), (ab, b, c)]
    if ca < 0:
        return [(ab, b, bc), (a, ab, bc), (a, bc, c)]
    return [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
