"""The skin: face, scalp, ears, neck and shoulders, with the inside of the mouth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.mesh.materials import Material
from training.head import recipe
from training.head.makehuman import Floats, Ints
from training.head.part import SHAPES, Part, split_quads
from training.head.source import Source

NDBool = NDArray[np.bool_]

# In MakeHuman's texture the inside of the mouth is an island of its own, in this rectangle.
_MOUTH_ISLAND_U = (0.74, 0.94)
_MOUTH_ISLAND_V = 0.15
_FRONT_AZIMUTH = np.deg2rad(100.0)
_FRONT_SHARE = 0.85
_DOME_RADIUS_M = 0.095
_SKIN_COLOR = (0.80, 0.62, 0.53)
_MOUTH_COLOR = (0.62, 0.29, 0.28)


@dataclass(frozen=True, slots=True)
class SkinCut:
    """The skin and where its vertices come from.

    Attributes:
        part: The skin, ready to join.
        original: Vertex number in MakeHuman's mesh of each skin vertex, [V].
        quads: The skin's quads in its own numbering, [M, 4].
        inside: True for vertices inside the mouth, [V].
        outer_triangles: The part's first triangles, those not inside the mouth.
    """

    part: Part
    original: Ints
    quads: Ints
    inside: NDBool
    outer_triangles: int


def cut_skin(source: Source, model: Source | None = None) -> SkinCut:
    """Take the bust out of the body and give it texture coordinates.

    Args:
        source: The head.
        model: The head after which all are cut and unwrapped, or this one.

    Returns:
        The skin.
    """
    model = source if model is None else model
    is_body = np.array([name == "body" for name in source.mesh.quad_groups])
    quads = source.mesh.quads[is_body]
    uv = source.mesh.quad_uv[is_body]
    where = model.positions[quads]  # [M, 4, 3]
    above = (where[..., 1] > recipe.CUT_BELOW_M).any(axis=1)
    beside = (np.abs(where[..., 0]) < recipe.CUT_SIDE_M).any(axis=1)
    quads, uv = quads[above & beside], uv[above & beside]
    original, inverse = np.unique(quads, return_inverse=True)
    quads = inverse.reshape(quads.shape)
    positions = bounded(source.positions[original])
    inside = _mouth_island(quads, uv, len(original))
    material = np.full(len(original), int(Material.SKIN))
    material[source.lips[original] > 0.5] = int(Material.LIP)
    material[inside] = int(Material.MOUTH)
    triangles = split_quads(positions, quads)
    hidden = inside[triangles].all(axis=1)
    part = Part(
        "skin",
        positions,
        np.concatenate([triangles[~hidden], triangles[hidden]]),
        unwrap(bounded(model.positions[original])),
        material,
        np.where(inside[:, None], _MOUTH_COLOR, _SKIN_COLOR),
        source.shapes[:, original],
    )
    return SkinCut(part, original, quads, inside, int((~hidden).sum()))


def bounded(positions: Floats) -> Floats:
    """Flatten what reaches beyond the cuts."""
    inside = positions.copy()
    inside[:, 1] = np.maximum(inside[:, 1], recipe.CUT_BELOW_M)
    inside[:, 0] = np.clip(inside[:, 0], -recipe.CUT_SIDE_M, recipe.CUT_SIDE_M)
    return inside


def unwrap(positions: Floats) -> Floats:
    """Texture coordinates without a seam: a half cylinder mirrored left to right, domed on top.

    u runs from the middle of the face (0) round to the back (1), v from the cut (0) to the
    crown (1). The front takes most of the texture.
    """
    x, y, z = positions.T
    azimuth = np.arctan2(np.abs(x), z)
    back = (azimuth - _FRONT_AZIMUTH) / (np.pi - _FRONT_AZIMUTH)
    front = _FRONT_SHARE * azimuth / _FRONT_AZIMUTH
    u = np.where(back > 0, _FRONT_SHARE + (1 - _FRONT_SHARE) * back, front)
    climb = np.arctan2(np.maximum(y, 0.0), np.hypot(x, z)) * _DOME_RADIUS_M
    v = np.where(y > 0, climb, y) - recipe.CUT_BELOW_M
    return np.stack([u, v / (_DOME_RADIUS_M * np.pi / 2 - recipe.CUT_BELOW_M)], axis=1)


def _mouth_island(quads: Ints, uv: Floats, vertices: int) -> NDBool:
    low, high = _MOUTH_ISLAND_U
    u, v = uv[..., 0], uv[..., 1]
    island = (v.max(axis=1) < _MOUTH_ISLAND_V) & (u.min(axis=1) > low) & (u.max(axis=1) < high)
    touches = np.zeros(vertices, dtype=np.int64)
    total = np.zeros(vertices, dtype=np.int64)
    np.add.at(touches, quads[island].ravel(), 1)
    np.add.at(total, quads.ravel(), 1)
    inside: NDBool = touches == total  # the seam itself belongs to the lips
    return inside


def neighbour_rings(cut: SkinCut, count: int) -> list[Ints]:
    """Rings of vertices from the rim of the mouth's inside outwards over the lips."""
    edges = np.concatenate([cut.quads[:, [k, (k + 1) % 4]] for k in range(4)])
    edges = np.concatenate([edges, edges[:, ::-1]])
    seen = cut.inside.copy()
    rings: list[Ints] = []
    for _ in range(count):
        ring = np.unique(edges[seen[edges[:, 0]] & ~seen[edges[:, 1]], 1])
        seen[ring] = True
        rings.append(ring)
    return rings


def neck_weight(source: Source, positions: Floats) -> Floats:
    """How much of the head's turn each vertex takes: 1 on the head, 0 on the shoulders."""
    along = (positions - source.neck) @ source.neck_axis
    span = recipe.NECK_FREE_M - recipe.NECK_FIXED_M
    share = np.clip((along - recipe.NECK_FIXED_M) / span, 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)


def empty_deltas(vertices: int) -> Floats:
    """No motion in any of the 52 shapes."""
    return np.zeros((SHAPES, vertices, 3))
