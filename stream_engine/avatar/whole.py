"""A head's pieces as one mesh: what is drawn how, shapes by ARKit's names, seams known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.avatar.found_head import F64, I64, FoundHead, FoundMesh, FoundSurface
from stream_engine.errors import AssetError
from stream_engine.mesh.materials import Material

MOST_VERTICES = 65_535
"""Corners of triangles are 16 bits."""

_LOW_M, _ASIDE_M = -0.23, 0.23
"""What hangs further out than this is beyond the picture."""

_ORDER = (Material.SKIN, Material.HAIR, Material.EYE)
"""First in the list of vertices; what is not here comes after."""

_DROPPED = r"occlusion|eye_?ao|lacrimal|tear_?line|eye_?blend|shadow_?catcher|eyeshell"
_KINDS = (
    (Material.LASH, r"lash"),
    (Material.TONGUE, r"tongue"),
    (Material.TEETH, r"teeth|tooth|dents"),
    (Material.GUM, r"gum|gingiva"),
    (Material.MOUTH, r"^mouth$|mouth_?(inside|cavity|bag|inner|interior|socket)|oral|palate"),
    (Material.EYE, r"eye(?!.?(brow|lash|lid|line|shadow))|iris|sclera|cornea|pupil"),
    (Material.HAIR, r"hair|beard|scalp"),
)
_GLASSY, _STILL_M = 0.35, 1e-6


@dataclass(frozen=True, slots=True)
class Whole:
    """A head in one piece.

    Attributes:
        positions: Vertices, metres, [V, 3].
        triangles: Vertex numbers, [M, 3].
        surface: Of each triangle, [M].
        uv: Place in the surface's picture, [V, 2].
        color: Linear colour and opacity of vertices, [V, 4].
        kind: `Material` code of each vertex, [V].
        shapes: Offsets by target (`naming`), [V, 3] metres.
        head_share: Share of the head bone, [V]; NaN where there are no bones.
        jaw_share: Share of the jaw bone, [V]; 0 without.
        surfaces: What triangles look like.
        piece: Number of the mesh each vertex came from, [V].
    """

    positions: F64
    triangles: I64
    surface: I64
    uv: F64
    color: F64
    kind: NDArray[np.uint8]
    shapes: Mapping[str, F64]
    head_share: F64
    jaw_share: F64
    surfaces: tuple[FoundSurface, ...]
    piece: I64

    def is_kind(self, *kinds: Material) -> NDArray[np.bool_]:
        """Mask of vertices of some kinds, [V]."""
        return np.isin(self.kind, kinds)


def join(head: FoundHead, targets: Mapping[str, str]) -> Whole:
    """Put a placed head's pieces together, without what the picture does not show.

    Args:
        head: In metres, facing +z.
        targets: What its shapes mean.

    Returns:
        The whole; skin first, then the mouth, then lashes.

    Raises:
        AssetError: If nothing is left, or more than fits 16 bits.
    """
    kinds = [(kind_of(mesh, head), mesh) for mesh in head.meshes]
    kept = [
        (kind, cropped)
        for kind, mesh in sorted(
            ((k, m) for k, m in kinds if k is not None), key=lambda pair: _place(pair[0])
        )
        if len((cropped := crop(mesh)).triangles)
    ]
    total = sum(len(mesh.positions) for _, mesh in kept)
    if not 0 < total <= MOST_VERTICES:
        largest = sorted(kept, key=lambda pair: -len(pair[1].positions))[:3]
        raise AssetError(
            f"the head of {head.source} has too {'many' if total else 'few'} vertices",
            got=f"{total:,}; most in "
            + ", ".join(f"{mesh.name!r} ({len(mesh.positions):,})" for _, mesh in largest),
            expected=f"1..{MOST_VERTICES:,}",
            fix="thin out those meshes (Blender: Decimate, with shapes kept) and export again",
        )
    return _joined(kept, head, targets)


def kind_of(mesh: FoundMesh, head: FoundHead) -> Material | None:
    """Say what a mesh is, by its name and its surface's; None for what is not drawn."""
    surface = head.surfaces[mesh.surface]
    text = f"{mesh.name} {surface.name}"
    if re.search(_DROPPED, text, re.IGNORECASE) or surface.color[3] < _GLASSY:
        return None
    for kind, pattern in _KINDS:
        if re.search(pattern, surface.name, re.IGNORECASE):
            return kind
    for kind, pattern in _KINDS:
        if re.search(pattern, mesh.name, re.IGNORECASE):
            return kind
    return Material.LASH if surface.see_through and surface.picture is None else Material.SKIN


def crop(mesh: FoundMesh) -> FoundMesh:
    """Drop triangles beyond the picture and vertices that no triangle has."""
    seen = (mesh.positions[:, 1] > _LOW_M) & (np.abs(mesh.positions[:, 0]) < _ASIDE_M)
    corners = mesh.triangles
    distinct = (
        (corners[:, 0] != corners[:, 1])
        & (corners[:, 1] != corners[:, 2])
        & (corners[:, 2] != corners[:, 0])
    )
    triangles = corners[seen[corners].any(axis=1) & distinct]
    used, local = np.unique(triangles, return_inverse=True)
    return FoundMesh(
        mesh.name,
        mesh.surface,
        mesh.positions[used],
        local.reshape(-1, 3),
        mesh.uv[used],
        {name: offsets[used] for name, offsets in mesh.morphs.items()},
        None if mesh.color is None else mesh.color[used],
        None if mesh.head_share is None else mesh.head_share[used],
        None if mesh.jaw_share is None else mesh.jaw_share[used],
    )


def weld(whole: Whole) -> I64:
    """Give each vertex the number of the first that lies and moves as it does, [V].

    Files cut a mesh where its picture has a seam; lips that touch are no seam, since they part.
    """
    moved = [whole.shapes[name] * (k + 1.37) for k, name in enumerate(sorted(whole.shapes))]
    keys = np.concatenate([whole.positions, sum(moved, np.zeros_like(whole.positions))], axis=1)
    keys = np.concatenate([np.round(keys * 2e4), whole.piece[:, None]], axis=1)
    _, first, back = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return np.asarray(first[back.reshape(-1)])


def _place(kind: Material) -> int:
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)


def _joined(
    kept: list[tuple[Material, FoundMesh]], head: FoundHead, targets: Mapping[str, str]
) -> Whole:
    meshes = [mesh for _, mesh in kept]
    sizes = [len(mesh.positions) for mesh in meshes]
    starts = np.cumsum([0, *sizes])
    surfaces = [mesh.surface % len(head.surfaces) for mesh in meshes]
    return Whole(
        positions=np.concatenate([m.positions for m in meshes]),
        triangles=np.concatenate([m.triangles + s for m, s in zip(meshes, starts, strict=False)]),
        surface=np.repeat(surfaces, [len(m.triangles) for m in meshes]),
        uv=np.concatenate([m.uv for m in meshes]),
        color=_gathered([(m.color, np.ones((len(m.positions), 4))) for m in meshes]),
        kind=np.repeat([np.uint8(kind) for kind, _ in kept], sizes),
        shapes=_shapes(meshes, targets),
        head_share=_gathered([(m.head_share, np.full(len(m.positions), np.nan)) for m in meshes]),
        jaw_share=_gathered([(m.jaw_share, np.zeros(len(m.positions))) for m in meshes]),
        surfaces=head.surfaces,
        piece=np.repeat(np.arange(len(meshes)), sizes),
    )


def _gathered(parts: list[tuple[F64 | None, F64]]) -> F64:
    """What each mesh has, or what stands for it, one after another."""
    return np.concatenate([other if own is None else own for own, other in parts])


def _shapes(meshes: list[FoundMesh], targets: Mapping[str, str]) -> dict[str, F64]:
    """Shapes that move anything that is left, by target."""
    shapes: dict[str, F64] = {}
    for name, target in targets.items():
        moved = np.concatenate([m.morphs.get(name, np.zeros_like(m.positions)) for m in meshes])
        if np.abs(moved).max() > _STILL_M:
            shapes[target] = moved
    return shapes
