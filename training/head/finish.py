"""What is added once all parts stand together: hair volume, clothes, ambient light, the texture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from stream_engine.avatar.ambient import open_sky
from stream_engine.mesh.normals import NormalField
from stream_engine.motion.arkit import INDEX
from training.head.canvas import spread
from training.head.hair import beard_strands, strands, volume
from training.head.looks import Hair, Looks
from training.head.makehuman import Floats, Ints
from training.head.paint import Masks, paint_skin
from training.head.part import DrawGroup, Part
from training.head.simplify import EdgeCollapse
from training.head.skin import SkinCut, bounded
from training.head.source import Source

TEXTURE_ROWS, TEXTURE_COLUMNS = 1024, 640
_THIN_ERROR_M = 0.0004
_THIN_POSES: tuple[tuple[str, ...], ...] = (
    (),
    ("jawOpen",),
    ("eyeBlinkLeft", "eyeBlinkRight"),
    ("mouthSmileLeft", "mouthSmileRight"),
    ("mouthPucker",),
    ("mouthFunnel",),
    ("browDownLeft", "browDownRight", "mouthUpperUpLeft", "mouthUpperUpRight"),
    ("mouthLowerDownLeft", "mouthLowerDownRight", "browInnerUp"),
)
_POSES: tuple[Mapping[str, float], ...] = (
    {},
    {"jawOpen": 0.45},
    {"eyeBlinkLeft": 0.6, "eyeBlinkRight": 0.6},
)


_DIRECTIONS, _CELLS = 120, 220


def split_mouth(groups: list[DrawGroup], cut: SkinCut) -> list[DrawGroup]:
    """Let the inside of the mouth be drawn with teeth and tongue, which follow it in the list."""
    skin, mouth, *rest = groups
    hidden = skin.triangles - cut.outer_triangles
    return [
        replace(skin, triangles=cut.outer_triangles),
        DrawGroup(mouth.name, cut.outer_triangles, mouth.triangles + hidden),
        *rest,
    ]


def normals_of(part: Part, positions: Floats) -> Floats:
    """Smooth normals of a pose."""
    field = NormalField(part.triangles.astype(np.uint16), len(positions))
    return field.of(positions.astype(np.float32)).astype(np.float64)


def grow_hair(whole: Part, model: Source, cut: SkinCut, hair: Hair) -> Part:
    """Push the scalp out to the surface of the hair, which grows as it would on the model."""
    count = len(cut.original)
    standing = np.zeros(len(whole.positions))
    places = bounded(model.positions[cut.original])
    standing[:count] = volume(places, model.ears[cut.original], hair)
    standing = smooth(standing, whole.triangles, 2)
    normals = normals_of(whole, whole.positions)
    return replace(whole, positions=whole.positions + standing[:, None] * normals)


def bake_ambient(whole: Part, cut: SkinCut) -> Floats:
    """Ambient light of the outer skin over a few poses, so that lids and lips are not black."""
    outer = whole.triangles[: cut.outer_triangles]
    best = np.zeros(len(whole.positions))
    for pose in _POSES:
        moved = whole.positions.copy()
        for name, weight in pose.items():
            moved += weight * whole.deltas[INDEX[name]]
        best = np.maximum(
            best, open_sky(moved, outer, normals_of(whole, moved), _DIRECTIONS, _CELLS)
        )
    best = smooth(best, outer, 1)
    hidden = np.ones(len(best), dtype=np.bool_)
    hidden[np.unique(outer)] = False
    best[hidden] = 1.0
    return best


def smooth(values: Floats, triangles: Ints, rounds: int) -> Floats:
    """Average each vertex with its neighbours a few times, [V]."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    counts = np.bincount(edges.ravel(), minlength=len(values))
    for _ in range(rounds):
        total = np.bincount(edges[:, 0], values[edges[:, 1]], len(values))
        total += np.bincount(edges[:, 1], values[edges[:, 0]], len(values))
        values = np.where(counts > 0, 0.5 * values + 0.5 * total / np.maximum(counts, 1), values)
    return values


def bake_texture(bald: Part, model: Source, cut: SkinCut, looks: Looks) -> NDArray[np.uint8]:
    """Paint the skin in texture space, where it lies on the model without hair."""
    count = len(cut.original)
    positions = bounded(model.positions[cut.original])
    masks = [model.lips, model.ears, model.eyelid_rims]
    values = np.concatenate(
        [positions, np.stack([mask[cut.original] for mask in masks], axis=1)], axis=1
    )
    outer = bald.triangles[: cut.outer_triangles]
    left = outer[(positions[outer, 0] > -1e-6).all(axis=1)]
    far = np.hypot(positions[:, 0], positions[:, 2])
    canvas = spread(bald.uv[:count], left, values, far, (TEXTURE_ROWS, TEXTURE_COLUMNS))
    lips, ears, rims = (canvas.values[..., k] for k in (3, 4, 5))
    return paint_skin(canvas.values[..., :3], Masks(lips, ears, rims), looks)


def grow_strands(whole: Part, model: Source, cut: SkinCut, looks: Looks) -> tuple[Part, Floats]:
    """Say how hair and beard grow on each vertex; the skin's colour becomes theirs.

    Args:
        whole: The head.
        model: The head after which all are painted.
        cut: Its skin.
        looks: How it grows.

    Returns:
        The head, and density, length, curl and direction, shares of 1, [V, 4].
    """
    count = len(cut.original)
    places = bounded(model.positions[cut.original])
    grown = np.zeros((len(whole.positions), 4))
    grown[:count] = strands(places, model.ears[cut.original], looks.hair)
    color = whole.color.copy()
    color[:count][~cut.inside] = looks.hair.color
    if looks.beard is not None:
        beard = beard_strands(
            places, model.lips[cut.original], model.ears[cut.original], looks.beard
        )
        wins = beard[:, 0] > grown[:count, 0]
        grown[:count][wins] = beard[wins]
        color[:count][wins & ~cut.inside] = looks.beard.color
    grown[:count][cut.inside] = 0.0
    return replace(whole, color=color), grown


def thin_out(
    whole: Part, groups: list[DrawGroup], keep: tuple[Ints, ...]
) -> tuple[Ints, list[DrawGroup]]:
    """Collapse triangles of the skin too small to see; vertices and other groups stay.

    Args:
        whole: The head.
        groups: Draw groups over its triangles, the skin first.
        keep: Vertices that must stay, such as the lips' contours.

    Returns:
        The triangles to draw and their groups.
    """
    skin, *rest = groups
    triangles = whole.triangles[: skin.triangles]
    edges = np.sort(np.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)]), axis=1)
    edge, uses = np.unique(edges, axis=0, return_counts=True)
    locked = np.zeros(len(whole.positions), dtype=np.bool_)
    locked[edge[uses == 1].ravel()] = True
    for vertices in keep:
        locked[vertices] = True
    poses = [
        whole.positions + sum(whole.deltas[INDEX[name]] for name in names) for names in _THIN_POSES
    ]
    thin = EdgeCollapse(np.stack(poses), triangles, locked).run(_THIN_ERROR_M)
    saved = skin.triangles - len(thin)
    moved = [replace(group, first_triangle=group.first_triangle - saved) for group in rest]
    drawn = np.concatenate([thin, whole.triangles[skin.triangles :]])
    return drawn, [replace(skin, triangles=len(thin)), *moved]
