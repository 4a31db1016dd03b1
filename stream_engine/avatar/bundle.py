"""Puts an avatar's bundle together: the tensors that both renderers take, and writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from stream_engine.avatar.ambient import open_sky
from stream_engine.avatar.atlas import bake, read_pictures, surface_color, uncolored
from stream_engine.avatar.complete import Completed
from stream_engine.avatar.eyeballs import eye_uv, iris_colors, unpainted
from stream_engine.avatar.found_head import F64, I64
from stream_engine.avatar.nearest import nearest_far
from stream_engine.avatar.whole import Whole, weld
from stream_engine.errors import AssetError
from stream_engine.mesh.head_asset import FORMAT, PACKED, HeadAsset, pack_deltas
from stream_engine.mesh.materials import Material
from stream_engine.mesh.normals import NormalField
from stream_engine.mesh.skin_texture import SKIN_TENSOR, write_png
from stream_engine.mesh.srgb import to_srgb
from stream_engine.motion.arkit import ARKIT_NAMES

SHAPE_SOURCES = "shape_sources"
"""Metadata: how each shape was had."""

GROUPS = ("skin", "mouth", "eye", "lash")
_ALWAYS = {"format": FORMAT, "shapes": json.dumps(list(ARKIT_NAMES))}
_INT16_MAX = 32767
_MOUTH = (Material.MOUTH, Material.GUM, Material.TEETH, Material.TONGUE)
_GONE = 0.04
"""Triangles less opaque than that are not drawn."""

_MOST_TWINS = 4
"""Vertices in one place; more have normals each of its own."""

_FULL_HAIR = 29.5 / 58.0
"""Place along a lid where the lash's shader has a hair and no gap between two."""

_IRIS = np.array([0.089, 0.045, 0.023])
_LIP_M = 0.0055
_BROW_UP_M, _BROW_HALF_M, _BROW_WIDE_M = 0.0225, 0.0035, 0.023


@dataclass(frozen=True, slots=True)
class Bundle:
    """What stands in an avatar's file.

    Attributes:
        tensors: By name, as `mesh.head_asset` reads them.
        metadata: Beside them.
    """

    tensors: Mapping[str, NDArray[Any]]
    metadata: Mapping[str, str]

    def write(self, file: Path) -> None:
        """Write the file; AssetError if that cannot be."""
        data = save(dict(self.tensors), dict(self.metadata))
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        except OSError as error:
            raise AssetError.unwritable("avatar", file, error) from error


def make_bundle(
    whole: Whole, made: Completed, reference: HeadAsset, about: Mapping[str, str]
) -> Bundle:
    """Make an avatar.

    Args:
        whole: The head, in place.
        made: Its shapes and lips.
        reference: A head that stands as this one: shares of the neck and brows are looked up on it.
        about: ``source`` and ``licence``, and what else is to be remembered.

    Returns:
        The bundle.
    """
    pictures = read_pictures(whole)
    irises = iris_colors(whole, pictures)
    whole = unpainted(whole, irises)
    pictures = {number: one for number, one in pictures.items() if number not in irises}
    group = groups_of(whole)
    near = nearest_far(reference.positions.astype(np.float64), whole.positions, 0.01)
    smooth = across_seams(whole.triangles, weld(whole))
    atlas = bake(whole, group == 0, pictures, _tints(whole, made, reference))
    color, opacity = _colors(whole, pictures, irises)
    color = np.concatenate([to_srgb(color), _sky(whole, group, smooth)[:, None]], axis=1)
    drawn, runs = draw_order(whole, group, opacity)
    masks = _regions(whole, made)
    tensors: dict[str, NDArray[Any]] = {
        "positions": whole.positions.astype(np.float32),
        "triangles": smooth.astype(np.uint16),
        "draw_triangles": drawn.astype(np.uint16),
        "uv": _places(whole, group, atlas.uv, opacity).astype(np.float32),
        "material": whole.kind,
        "color": np.round(color * 255).astype(np.uint8),
        "head_weight": _head_weight(whole, reference, near).astype(np.float32),
        "inner_lip": made.lips.inner_loop.astype(np.uint16),
        "outer_lip": made.lips.outer_loop.astype(np.uint16),
        "regions": _bits(masks),
        SKIN_TENSOR: np.frombuffer(write_png(atlas.pixels), np.uint8),
        **_deltas(made.offsets),
    }
    metadata = {
        "groups": json.dumps(runs),
        "regions": json.dumps(list(masks)),
        "skin_vertices": str(int(whole.is_kind(Material.SKIN).sum())),
        "pivot": json.dumps([float(axis) for axis in reference.pivot]),
    }
    return Bundle(
        tensors, {**_ALWAYS, SHAPE_SOURCES: json.dumps(dict(made.how)), **metadata, **about}
    )


def groups_of(whole: Whole) -> I64:
    """Number in `GROUPS` of each triangle, [M]."""
    kind = whole.kind[whole.triangles[:, 0]]
    pictured = np.array([surface.picture is not None for surface in whole.surfaces])
    group = np.zeros(len(kind), np.int64)
    group[np.isin(kind, _MOUTH)] = 1
    group[(kind == Material.EYE) & ~pictured[whole.surface]] = 2
    group[kind == Material.LASH] = 3
    return group


def across_seams(triangles: I64, first: I64) -> I64:
    """Triangles to make normals from: both sides of a seam are given the faces of both.

    A face is entered for each vertex that lies at one of its corners, as often for one as for the
    other, so that twins have the same sum and light runs on across the seam.
    """
    many = np.bincount(first, minlength=len(first))[first] > _MOST_TWINS
    first = np.where(many, np.arange(len(first)), first)
    order = np.argsort(first, kind="stable")
    _, start, count = np.unique(first[order], return_index=True, return_counts=True)
    rank = np.zeros(len(first), np.int64)
    place = np.searchsorted(first[order][start], first)
    twins = count[place]
    rank[order] = np.arange(len(first)) - start[place[order]]
    sizes = twins[triangles]  # [M, 3]
    times = np.lcm.reduce(sizes, axis=1)
    made = []
    for k in range(int(times.max(initial=1))):
        rows = triangles[times > k]
        step = (rank[rows] + k) % twins[rows]
        made.append(order[start[place[rows]] + step])
    return np.concatenate(made)


def draw_order(whole: Whole, group: I64, opacity: F64) -> tuple[I64, list[tuple[str, int, int]]]:
    """Triangles by group, those that are two-sided twice, those that cannot be seen not at all."""
    seen = (group == 1) | (group == 2) | (opacity[whole.triangles].mean(axis=1) > _GONE)
    both = np.array([surface.two_sided for surface in whole.surfaces])[whole.surface]
    drawn: list[I64] = []
    runs: list[tuple[str, int, int]] = []
    total = 0
    for number, name in enumerate(GROUPS):
        rows = whole.triangles[seen & (group == number)]
        if name != "lash":
            back = whole.triangles[seen & (group == number) & both][:, ::-1]
            rows = np.concatenate([rows, back])
        if len(rows):
            runs.append((name, total, len(rows)))
            drawn.append(rows)
            total += len(rows)
    return np.concatenate(drawn), runs


def _eyes(reference: HeadAsset) -> list[F64]:
    """Middles of its eyes; an avatar's are about there, having been laid over them."""
    points = reference.positions[reference.material == Material.EYE].astype(np.float64)
    return [points[points[:, 0] * side > 0].mean(axis=0) for side in (1.0, -1.0)]


def _brow(points: F64, eye: F64) -> F64:
    """How much of a brow over an eye each vertex is: an arch, thin and faint at its outer end."""
    along = (points[:, 0] - eye[0]) * np.sign(eye[0]) / _BROW_WIDE_M  # -1 inside, 1 outside
    arch = _BROW_UP_M - 0.006 * (along - 0.35) ** 2
    half = _BROW_HALF_M * (1.1 - 0.35 * along)
    across = np.abs(points[:, 1] - eye[1] - arch) / half
    front = points[:, 2] > eye[2] - 0.02
    ends = np.clip(4.0 * (1.0 - np.abs(along)), 0.0, 1.0)
    brow: F64 = 0.75 * np.clip(1.7 - 1.2 * across, 0.0, 1.0) * ends * front
    return brow


def _places(whole: Whole, group: I64, painted: F64, opacity: F64) -> F64:
    """Texture coordinates, as the shader of each group takes them, [V, 2]."""
    uv = painted.copy()
    eyes = np.unique(whole.triangles[group == GROUPS.index("eye")])
    uv[eyes] = eye_uv(whole)[eyes]
    lashes = np.unique(whole.triangles[group == GROUPS.index("lash")])
    uv[lashes, 0], uv[lashes, 1] = _FULL_HAIR, 1.0 - _tip(opacity[lashes])
    return uv


def _sky(whole: Whole, group: I64, smooth: I64) -> F64:
    """Share of the sky that each vertex of skin sees, 1 elsewhere, [V]."""
    still = whole.positions.astype(np.float32)
    normals = NormalField(smooth.astype(np.uint16), len(still)).of(still).astype(np.float64)
    sky = open_sky(whole.positions, whole.triangles[group == 0], normals)
    sky[whole.is_kind(*_MOUTH, Material.EYE, Material.LASH)] = 1.0
    return sky


def _tints(whole: Whole, made: Completed, reference: HeadAsset) -> F64:
    """How much of a lip, and of a brow, each vertex of skin is."""
    points = whole.positions
    lips = np.zeros(len(points))
    loop = points[np.concatenate([made.lips.upper, made.lips.lower])]
    mouth = np.flatnonzero(np.linalg.norm(points - loop.mean(axis=0), axis=1) < 0.05)
    away = np.linalg.norm(points[mouth, None] - loop[None], axis=2).min(axis=1)
    lips[mouth] = np.clip(1.6 - away / _LIP_M, 0.0, 1.0)
    brows = np.maximum(*(_brow(points, eye) for eye in _eyes(reference)))
    skin = whole.is_kind(Material.SKIN)
    return np.stack([lips * skin, brows * skin], axis=1)


def _colors(
    whole: Whole, pictures: Mapping[int, F64], irises: Mapping[int, F64]
) -> tuple[F64, F64]:
    """Linear colour [V, 3] and opacity [V] of every vertex."""
    color = np.ones((len(whole.positions), 4))
    for number in np.unique(whole.surface).tolist():
        corners = np.unique(whole.triangles[whole.surface == number])
        color[corners] = surface_color(
            whole.surfaces[number], pictures.get(number), whole.uv[corners], whole.color[corners]
        )
        bare, kind = number not in pictures, Material(whole.kind[corners[0]])
        if bare:
            color[corners, :3] = uncolored(color[corners, :3], kind)
        if not whole.surfaces[number].see_through:
            color[corners, 3] = 1.0
        elif bare and kind == Material.LASH:
            color[corners, 3] *= _rooted(whole, corners)
        if bare and kind == Material.EYE:
            color[corners, :3] = irises.get(number, _IRIS)  # the eye's shader paints the rest
    return color[:, :3], color[:, 3]


def _rooted(whole: Whole, corners: I64) -> F64:
    """Opacity of lashes without a picture: most at the lid, none at their tips."""
    skin = whole.positions[whole.is_kind(Material.SKIN)]
    at = nearest_far(skin, whole.positions[corners], 0.002)
    away = np.linalg.norm(whole.positions[corners] - skin[at], axis=1)
    rooted: F64 = np.clip(1.0 - away / max(float(np.quantile(away, 0.9)), 1e-6), 0.0, 1.0) ** 2
    return rooted


def _tip(opacity: F64) -> F64:
    """What the lash's shader makes that opacity of: alpha = t (.35 + .65 t)."""
    tip: F64 = (-0.35 + np.sqrt(0.35**2 + 4 * 0.65 * np.clip(opacity, 0.0, 1.0))) / (2 * 0.65)
    return tip


def _head_weight(whole: Whole, reference: HeadAsset, near: I64) -> F64:
    looked_up = reference.head_weight[near].astype(np.float64)
    return np.where(np.isnan(whole.head_share), looked_up, whole.head_share)


def _deltas(offsets: F64) -> dict[str, NDArray[Any]]:
    scale = np.maximum(np.abs(offsets).max(axis=(1, 2)), 1e-9) / _INT16_MAX
    quantised = np.round(offsets / scale[:, None, None]).astype(np.int16)
    return {PACKED: pack_deltas(quantised), "delta_scale": scale.astype(np.float32)}


def _regions(whole: Whole, made: Completed) -> dict[str, NDArray[np.bool_]]:
    def among(numbers: I64) -> NDArray[np.bool_]:
        return np.isin(np.arange(len(whole.positions)), numbers)

    upper, lower = among(made.lips.upper), among(made.lips.lower)
    return {
        "lips": upper | lower,
        "upper_lip": upper,
        "lower_lip": lower,
        "eyes": whole.is_kind(Material.EYE),
        "mouth_inside": whole.is_kind(*_MOUTH),
        "skin": whole.is_kind(Material.SKIN),
    }


def _bits(masks: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.uint32]:
    bits = np.zeros(len(next(iter(masks.values()))), np.uint32)
    for place, mask in enumerate(masks.values()):
        bits |= mask.astype(np.uint32) << np.uint32(place)
    return bits
