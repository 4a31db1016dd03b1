"""Reads a set of OBJ files: one at rest, and one for each shape, of the same vertices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stream_engine.avatar.found_head import F64, I64, FoundHead, FoundMesh, FoundSurface
from stream_engine.errors import AssetError

NEUTRAL = ("neutral", "generic_neutral_mesh", "rest", "base", "basis", "mean", "template")
_SKIN = (0.52, 0.33, 0.25, 1.0)


@dataclass(frozen=True, slots=True)
class ObjMesh:
    """An OBJ file.

    Attributes:
        positions: Its vertices, [V, 3].
        uv: Its texture vertices, origin at the lower left, [T, 2].
        corners: Vertex and texture vertex of each corner of each triangle, -1 without, [M, 3, 2].
        material: Number in `materials` of each triangle, [M].
        materials: Names.
        libraries: Names of files of materials.
    """

    positions: F64
    uv: F64
    corners: I64
    material: I64
    materials: tuple[str, ...]
    libraries: tuple[str, ...]


def read_obj_set(folder: Path) -> FoundHead:
    """Read a folder of OBJ files.

    Args:
        folder: With ``neutral.obj`` (or another name of `NEUTRAL`) and one file for each shape.

    Returns:
        A mesh for each material, with the shapes by the names of their files.

    Raises:
        AssetError: If there is no neutral, no shape, or files do not fit each other.
    """
    files = {file.stem: file for file in sorted(folder.glob("*.obj"))}
    neutral = next((name for name in files if name.lower() in NEUTRAL), None)
    if neutral is None:
        raise AssetError(
            "folder has no head at rest",
            got=", ".join(list(files)[:20]) or f"no .obj in {folder}",
            expected=" or ".join(f"{name}.obj" for name in NEUTRAL),
            fix="export the neutral face under one of those names",
        )
    return head_of(files[neutral], {k: v for k, v in files.items() if k != neutral}, {})


def head_of(
    neutral: Path, shapes: Mapping[str, Path], looks: Mapping[str, FoundSurface]
) -> FoundHead:
    """Put a head together.

    Args:
        neutral: The file at rest.
        shapes: Files of shapes by name.
        looks: Surfaces of materials by name, where the files do not say.

    Returns:
        The head.

    Raises:
        AssetError: If there is no shape, or files do not fit each other.
    """
    rest = parse_obj(neutral)
    if not shapes or not len(rest.corners):
        raise AssetError(
            "OBJ set is no head with shapes",
            got=f"{len(rest.corners)} triangles, {len(shapes)} shapes beside {neutral.name}",
            expected="one file for each shape, as jawOpen.obj",
            fix="export each shape as an .obj of its own into the same folder",
        )
    offsets = {name: _offsets(file, rest, neutral) for name, file in shapes.items()}
    said = {name: s for lib in rest.libraries for name, s in read_mtl(neutral.parent / lib).items()}
    surfaces = tuple(
        said.get(name) or looks.get(name) or FoundSurface(name, _SKIN) for name in rest.materials
    )
    meshes = tuple(_mesh(rest, number, offsets) for number in np.unique(rest.material).tolist())
    return FoundHead(neutral.parent.name, meshes, surfaces)


def parse_obj(file: Path) -> ObjMesh:
    """Read an OBJ file; polygons become fans.

    Args:
        file: The file.

    Returns:
        Its mesh.

    Raises:
        AssetError: If a line cannot be understood; it is named.
    """
    words: dict[str, list[list[str]]] = {"v": [], "vt": [], "mtllib": []}
    faces: list[tuple[list[str], int]] = []
    materials: dict[str, int] = {}
    current = 0
    for line in _lines(file):
        key, *rest = line.split() or [""]
        if key in words:
            words[key].append(rest)
        elif key == "usemtl":
            current = materials.setdefault(" ".join(rest), len(materials))
        elif key == "f":
            faces.append((rest, current))
    try:
        positions = np.array([row[:3] for row in words["v"]], dtype=np.float64).reshape(-1, 3)
        uv = np.array([row[:2] for row in words["vt"]], dtype=np.float64).reshape(-1, 2)
        corners, material = _fans(faces, len(positions), len(uv))
    except (ValueError, IndexError) as error:
        raise _broken(file, str(error)) from error
    if not np.isfinite(positions).all():
        raise _broken(file, "a vertex that is not finite")
    if len(corners) and not (corners[..., 0].min() >= 0 and corners[..., 0].max() < len(positions)):
        raise _broken(file, f"corner {corners[..., 0].max() + 1} of {len(positions)} vertices")
    libraries = tuple(" ".join(row) for row in words["mtllib"])
    names = tuple(materials) or ("skin",)
    return ObjMesh(positions, uv, corners, material, names, libraries)


def read_mtl(file: Path) -> dict[str, FoundSurface]:
    """Read the materials of an OBJ by name; nothing if the file is not there."""
    found: dict[str, FoundSurface] = {}
    name = ""
    for line in _lines(file) if file.is_file() else ():
        key, *rest = line.split() or [""]
        if key == "newmtl":
            name = " ".join(rest)
            found[name] = FoundSurface(name, _SKIN)
        elif key == "map_Kd" and name and (file.parent / rest[-1]).is_file():
            picture = (file.parent / rest[-1]).read_bytes()
            found[name] = FoundSurface(name, picture=picture)
        elif key == "Kd" and name and len(rest) == 3 and found[name].picture is None:
            red, green, blue = (float(word) ** 2.2 for word in rest)
            found[name] = FoundSurface(name, (red, green, blue, 1.0))
    return found


def _mesh(rest: ObjMesh, number: int, offsets: Mapping[str, F64]) -> FoundMesh:
    """Triangles of one material; vertices are cut where the picture has a seam."""
    corners = rest.corners[rest.material == number].reshape(-1, 2)
    used, local = np.unique(corners, axis=0, return_inverse=True)
    uv = np.zeros((len(used), 2))
    if len(rest.uv):
        uv = np.where(used[:, 1:] >= 0, rest.uv[used[:, 1]], 0.0)
        uv[:, 1] = 1.0 - uv[:, 1]
    at = used[:, 0]
    return FoundMesh(
        name=rest.materials[number],
        surface=number,
        positions=rest.positions[at],
        triangles=local.reshape(-1, 3),
        uv=uv,
        morphs={name: moved[at] for name, moved in offsets.items() if moved[at].any()},
    )


def _offsets(file: Path, rest: ObjMesh, neutral: Path) -> F64:
    positions = _vertices(file)
    if len(positions) != len(rest.positions):
        raise AssetError(
            f"shape {file.stem!r} does not fit {neutral.name}",
            got=f"{len(positions)} vertices in {file.name}",
            expected=str(len(rest.positions)),
            fix="export all files from one mesh, with the order of vertices kept",
        )
    offsets: F64 = positions - rest.positions
    return offsets


def _vertices(file: Path) -> F64:
    """Vertices alone, ten times as quick as all of a file."""
    rows = [line[2:] for line in _lines(file) if line.startswith("v ")]
    try:
        values = np.array(" ".join(rows).split(), dtype=np.float64)
        positions: F64 = values.reshape(len(rows), -1)[:, :3]
    except ValueError as error:
        raise _broken(file, str(error)) from error
    if positions.shape[1:] != (3,) or not np.isfinite(positions).all():
        raise _broken(file, "a vertex that is none")
    return positions


def _fans(faces: list[tuple[list[str], int]], count: int, places: int) -> tuple[I64, I64]:
    rows: list[list[tuple[int, int]]] = []
    material: list[int] = []
    for words, number in faces:
        corners = [_corner(word, count, places) for word in words]
        for k in range(1, len(corners) - 1):
            rows.append([corners[0], corners[k], corners[k + 1]])
            material.append(number)
    return np.array(rows, np.int64).reshape(-1, 3, 2), np.array(material, np.int64)


def _corner(word: str, count: int, places: int) -> tuple[int, int]:
    """``3/7/2`` or ``-1//-1``; numbers from one, or back from the last."""
    vertex, _, rest = word.partition("/")
    place = rest.partition("/")[0]
    at = int(vertex)
    uv = int(place) if place and places else 0
    return (at - 1 if at > 0 else count + at), (uv - 1 if uv >= 0 else places + uv)


def _lines(file: Path) -> Iterable[str]:
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise AssetError("avatar file cannot be read", got=f"{file}: {error}") from error


def _broken(file: Path, got: str) -> AssetError:
    return AssetError(
        f"OBJ file {file.name} is broken", got=got, expected="v, vt and f lines",
        fix="export it again",
    )  # fmt: skip
