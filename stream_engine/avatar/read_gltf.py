"""Reads heads out of glTF, GLB and VRM: every mesh at rest in the scene's space.

Source: Khronos, 'glTF 2.0 Specification', 3.5 (nodes), 3.7 (meshes, skins, morph targets); VRM
Consortium, 'VRM 0.0' (blendShapeMaster) and 'VRMC_vrm-1.0' (expressions).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from stream_engine.avatar.found_head import F64, I64, FoundHead, FoundMesh
from stream_engine.avatar.gltf_scene import Scene
from stream_engine.avatar.gltf_surfaces import surfaces_of
from stream_engine.avatar.vrm import expressions_of, licence_of
from stream_engine.errors import AssetError
from stream_engine.formats.gltf_document import GltfDocument, broken, entries_of

_TRIANGLES, _STRIP, _FAN = 4, 5, 6
_PACKED = ("KHR_draco_mesh_compression", "EXT_meshopt_compression")


def read_gltf(path: Path) -> FoundHead:
    """Read a head.

    Args:
        path: A .glb, .gltf or .vrm file.

    Returns:
        All meshes that the scene shows.

    Raises:
        AssetError: If it is broken, packed in a way not read here, or has no mesh.
    """
    document = GltfDocument(_bytes(path), lambda name: _bytes(path.parent / unquote(name)))
    _refuse_packed(document)
    scene = Scene(document)
    meshes: list[FoundMesh] = []
    notes: list[str] = []
    expressions = expressions_of(document)
    for node in scene.shown:
        entry = document.entry("nodes", node)
        if "mesh" in entry:
            _add_mesh(_Place(document, scene, node), expressions.get(node, {}), meshes, notes)
    if not meshes:
        raise broken("has no mesh", f"{len(document.entries('nodes'))} nodes", "a head")
    return FoundHead(
        source=path.name,
        meshes=tuple(meshes),
        surfaces=surfaces_of(document, path.parent),
        jaw=scene.jaw_place,
        licence=licence_of(document),
        notes=tuple(dict.fromkeys(notes)),
    )


class _Place:
    """A node with a mesh, and what it takes to read it."""

    def __init__(self, document: GltfDocument, scene: Scene, node: int) -> None:
        self.document, self.scene, self.node = document, scene, node
        self.entry = document.entry("nodes", node)
        self.mesh = document.entry("meshes", self.entry.get("mesh"))
        self.name = str(self.entry.get("name") or self.mesh.get("name") or f"node {node}")

    def read(self, number: object, what: str, rows: int | None, width: int) -> F64:
        """Read an accessor, and say of which node it is where it does not fit."""
        try:
            values = self.document.accessor(number)
        except AssetError as error:
            raise AssetError(
                f"{error.what}, at {what} of node {self.name!r}",
                got=error.got, expected=error.expected, fix=error.fix,
            ) from error  # fmt: skip
        flat = values.ndim == 1
        if flat != (width == 1) or (not flat and values.shape[1] < width):
            raise self.wrong(what, f"shape {values.shape}", f"{width} numbers a row")
        if rows is not None and len(values) != rows:
            raise self.wrong(what, f"{len(values)} rows", f"{rows}, as POSITION has")
        if not np.isfinite(values).all():
            raise self.wrong(what, "a number that is not finite", "numbers")
        return values

    def wrong(self, what: str, got: str, expected: str) -> AssetError:
        """Say what is wrong with this node."""
        return AssetError(
            f"glTF node {self.name!r} has a {what} that cannot be used",
            got=got, expected=expected,
            fix=f"repair mesh {self.mesh.get('name', self.entry.get('mesh'))!r} and export again",
        )  # fmt: skip


def _add_mesh(
    place: _Place, expressions: Mapping[str, dict[int, float]], into: list[FoundMesh],
    notes: list[str],
) -> None:  # fmt: skip
    names = _shape_names(place.mesh)
    for number, primitive in enumerate(entries_of(place.mesh, "primitives")):
        mode = primitive.get("mode", _TRIANGLES)
        if mode not in (_TRIANGLES, _STRIP, _FAN):
            notes.append(f"{place.name}: points or lines are left out")
            continue
        name = place.name if number == 0 else f"{place.name}/{number}"
        into.append(_primitive(place, primitive, name, (names, expressions)))


def _primitive(
    place: _Place,
    primitive: dict[str, Any],
    name: str,
    shapes: tuple[list[str], Mapping[str, dict[int, float]]],
) -> FoundMesh:
    attributes = primitive.get("attributes")
    attributes = attributes if isinstance(attributes, dict) else {}
    positions = place.read(attributes.get("POSITION"), "POSITION", None, 3)[:, :3]
    rows = len(positions)
    targets = [
        place.read(target["POSITION"], f"morph target {k}", rows, 3)[:, :3]
        for k, target in enumerate(entries_of(primitive, "targets"))
        if "POSITION" in target
    ]
    spread = place.scene.spread(place.node, attributes, rows)
    uv, color = attributes.get("TEXCOORD_0"), attributes.get("COLOR_0")
    return FoundMesh(
        name=name,
        surface=_surface(place, primitive.get("material")),
        positions=spread.points(positions),
        triangles=_corners(place, primitive, rows),
        uv=np.zeros((rows, 2)) if uv is None else place.read(uv, "TEXCOORD_0", rows, 2)[:, :2],
        morphs={k: spread.offsets(m) for k, m in _morphs(targets, *shapes).items()},
        color=None if color is None else _opaque(place.read(color, "COLOR_0", rows, 3)),
        head_share=spread.head_share,
        jaw_share=spread.jaw_share,
    )


def _opaque(color: F64) -> F64:
    """Colours with an opacity, [V, 4]."""
    return color if color.shape[1] == 4 else np.column_stack([color, np.ones(len(color))])


def _morphs(
    targets: list[F64], names: list[str], expressions: Mapping[str, dict[int, float]]
) -> dict[str, F64]:
    """Shapes that move anything, and what VRM mixes out of them."""
    names = names if len(names) == len(targets) else [f"target {k}" for k in range(len(targets))]
    made = {name: offsets for name, offsets in zip(names, targets, strict=True) if offsets.any()}
    for name, parts in expressions.items():
        mixed = sum(
            (weight * targets[k] for k, weight in parts.items() if 0 <= k < len(targets)),
            np.zeros((1, 3)),
        )
        if np.any(mixed):
            made.setdefault(name, np.asarray(mixed))
    return made


def _corners(place: _Place, primitive: dict[str, Any], rows: int) -> I64:
    if "indices" in primitive:
        flat = place.read(primitive["indices"], "index list", None, 1).astype(np.int64)
    else:
        flat = np.arange(rows)
    if len(flat) and not 0 <= flat.min() <= flat.max() < rows:
        raise place.wrong("index list", f"corner {flat.max()}", f"0..{rows - 1}")
    mode = primitive.get("mode", _TRIANGLES)
    if mode == _TRIANGLES:
        return flat[: len(flat) // 3 * 3].reshape(-1, 3)
    count = max(len(flat) - 2, 0)
    if mode == _FAN:
        return np.stack([np.full(count, flat[0]), flat[1:-1], flat[2:]], axis=1)
    strip = np.stack([flat[:count], flat[1 : count + 1], flat[2 : count + 2]], axis=1)
    strip[1::2] = strip[1::2, ::-1]
    return strip


def _surface(place: _Place, number: object) -> int:
    if number is None:
        return -1
    place.document.entry("materials", number)
    assert isinstance(number, int)
    return number


def _shape_names(mesh: dict[str, Any]) -> list[str]:
    extras = mesh.get("extras")
    names = extras.get("targetNames") if isinstance(extras, dict) else None
    if not isinstance(names, list):  # VRM 0's exporter writes them at the primitive
        first = (entries_of(mesh, "primitives") or [{}])[0].get("extras")
        names = first.get("targetNames") if isinstance(first, dict) else None
    return [str(name) for name in names] if isinstance(names, list) else []


def _refuse_packed(document: GltfDocument) -> None:
    needed = document.json.get("extensionsRequired")
    packed = [name for name in needed or [] if name in _PACKED] if isinstance(needed, list) else []
    if packed:
        raise AssetError(
            "glTF is packed",
            got=f"extensionsRequired {packed}",
            expected="plain buffers",
            fix="export without compression, or unpack with `gltf-transform copy IN OUT`",
        )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AssetError("avatar file cannot be read", got=f"{path}: {error}") from error
