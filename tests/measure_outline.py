"""How far do drawn outlines lie from the smooth surface? ``python -m tests.measure_outline``.

For each avatar, picture size and way of drawing: over several views, edges between a face that is
seen and one that is not, and how far their middles lie from the smooth surface, across them, in
pixels of the picture; the longest of them; what splitting edges adds.
"""

import sys
from dataclasses import dataclass

import numpy as np

from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import HEADS, HeadAsset, load_head_asset
from stream_engine.mesh.outline import (
    CREASE,
    OPEN_SKY,
    SHOWS,
    SHOWS_TO_PROCESSORS,
    Outline,
    outline,
    rises,
)
from stream_engine.motion.arkit import pose_row
from stream_engine.render import portrait
from stream_engine.render.camera import Camera
from stream_engine.types import F32, MeshFrame
from training.head.expressions import EXPRESSIONS

SIZES = (256, 512, 1080)
VIEWS = ("neutral", "turn left", "turn right", "smile", "jaw open")


CHOICES = {"alone": 1e9, "processor": SHOWS_TO_PROCESSORS, "card": SHOWS}
"""What may show, by who draws; 'alone' is the head's own triangles."""


@dataclass(frozen=True, slots=True)
class Contour:
    """Edges of a drawn head that may be seen as its outline.

    Attributes:
        off: How far the smooth surface is from each, pixels, [E].
        long: Their lengths in the picture, pixels, [E].
    """

    off: F32
    long: F32


def edges_with_faces(triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Edges that two triangles share, [E, 2], and those triangles, [E, 2]."""
    corners = triangles.astype(np.int64)
    faces = np.tile(np.arange(len(corners)), 3)
    pairs = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    pairs = np.sort(pairs, axis=1)
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    pairs, faces = pairs[order], faces[order]
    twice = np.flatnonzero((pairs[1:] == pairs[:-1]).all(axis=1))
    return pairs[twice], np.stack([faces[twice], faces[twice + 1]], axis=1)


def screen(points: F32, size: int) -> F32:
    """Where points are in a square picture, pixels, [..., 2]."""
    whole = np.concatenate([points, np.ones_like(points[..., :1])], axis=-1)
    clip = whole @ Camera().matrix(size, size).T
    at: F32 = (clip[..., :2] / clip[..., 3:] * 0.5 + 0.5) * size
    return at


def contour(drawn: Outline, head: HeadAsset, frame: MeshFrame, size: int) -> Contour:
    """The contour of a posed head; smooth is the surface that the head's own edges stand for."""
    positions, normals = drawn.placed(frame.positions, frame.normals)
    skin = drawn.triangles[: drawn.groups[0].triangles]
    edges, faces = edges_with_faces(skin)
    flat = screen(positions, size)
    ab, ac = (flat[skin[:, k]] - flat[skin[:, 0]] for k in (1, 2))
    seen = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0] > 0
    sky = drawn.between(head.color)[:, 3]
    soft = np.einsum("ek,ek->e", normals[edges[:, 0]], normals[edges[:, 1]]) > CREASE
    kept = (seen[faces[:, 0]] != seen[faces[:, 1]]) & (sky[edges].min(axis=1) > OPEN_SKY) & soft
    edges = edges[kept]
    smooth = smooth_middles(edges, drawn, frame)
    ends = screen(positions[edges], size)
    along = ends[:, 1] - ends[:, 0]
    length = np.linalg.norm(along, axis=1)
    away = screen(smooth, size) - ends[:, 0]
    off = np.abs(along[:, 0] * away[:, 1] - along[:, 1] * away[:, 0]) / np.maximum(length, 1e-6)
    return Contour(off, length)


def smooth_middles(edges: np.ndarray, drawn: Outline, frame: MeshFrame) -> F32:
    """The smooth surface at the middles of drawn edges, [E, 3].

    A piece of an edge that was split is held against the curve of the whole edge.
    """
    positions, normals = drawn.placed(frame.positions, frame.normals)
    ends = positions[edges], normals[edges]
    smooth: F32 = ends[0].mean(axis=1) + rises(*ends)
    roots = whole_edges(drawn, len(frame.positions))
    pieces = [(k, *piece) for k, edge in enumerate(edges.tolist()) if (piece := on(roots, *edge))]
    if pieces:
        at = np.array([k for k, _, _ in pieces])
        whole = np.array([root for _, root, _ in pieces])
        shares = np.array([(low + high) / 2 for _, _, (low, high) in pieces])
        smooth[at] = curve(frame.positions[whole], frame.normals[whole], shares)
    return smooth


Roots = dict[int, tuple[tuple[int, int], float]]
Piece = tuple[tuple[int, int], tuple[float, float]]


def whole_edges(drawn: Outline, own: int) -> Roots:
    """For vertices on edges of the head itself: which, and where on it."""
    roots: Roots = {}
    first = own
    for edges in drawn.edges:
        for vertex, (a, b) in enumerate(edges.tolist(), first):
            piece = ((a, b), (0.0, 1.0)) if max(a, b) < own else on(roots, a, b)
            if piece is not None:
                roots[vertex] = piece[0], sum(piece[1]) / 2
        first += len(edges)
    return roots


def on(roots: Roots, a: int, b: int) -> Piece | None:
    """Which part of a whole edge lies between two vertices; None if they are not of one."""
    whole = next((roots[v][0] for v in (a, b) if v in roots), None)
    if whole is None:
        return None
    places = []
    for vertex in (a, b):
        if vertex in whole:
            places.append(float(whole.index(vertex)))
        elif vertex in roots and roots[vertex][0] == whole:
            places.append(roots[vertex][1])
        else:
            return None
    return whole, (places[0], places[1])


def curve(points: F32, normals: F32, at: F32) -> F32:
    """Places on the edges of PN triangles, [E, 3], at shares [E] of the way."""
    along = points[:, 1] - points[:, 0]
    first = np.einsum("ek,ek->e", along, normals[:, 0])[:, None] * normals[:, 0]
    second = np.einsum("ek,ek->e", -along, normals[:, 1])[:, None] * normals[:, 1]
    near = (2 * points[:, 0] + points[:, 1] - first) / 3
    far = (2 * points[:, 1] + points[:, 0] - second) / 3
    t = at[:, None]
    u = 1 - t
    placed: F32 = (
        u**3 * points[:, 0] + 3 * u * u * t * near + 3 * u * t * t * far + t**3 * points[:, 1]
    )
    return placed


def contours(head: HeadAsset, drawn: Outline, size: int) -> Contour:
    """Of all views together."""
    mesh = HeadMesh(head)
    found = [
        contour(drawn, head, mesh.pose(0, pose_row(EXPRESSIONS[view])), size) for view in VIEWS
    ]
    return Contour(
        np.concatenate([each.off for each in found]), np.concatenate([each.long for each in found])
    )


def pixels_a_metre(size: int) -> float:
    """Of a square picture."""
    return portrait.pixels_a_metre(portrait.RenderStyle(), size, size)


def main() -> None:
    """Measure, print."""
    for avatar, file in HEADS.items():
        head = load_head_asset(file)
        for size in SIZES:
            for name, shows in CHOICES.items():
                drawn = outline(head, pixels_a_metre(size), shows)
                found = contours(head, drawn, size)
                sys.stdout.write(
                    f"{avatar:8} {size:4} px, {name:9}: off p50 {np.median(found.off):.2f}, p95 "
                    f"{np.percentile(found.off, 95):.2f}, p99 {np.percentile(found.off, 99):.2f}, "
                    f"most {found.off.max():.2f} px; longest edge {found.long.max():.0f} px; "
                    f"{len(drawn.triangles)} triangles\n"
                )


if __name__ == "__main__":
    main()
