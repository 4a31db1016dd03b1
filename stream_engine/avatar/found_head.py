"""A head as a file has it: meshes, shapes by the file's names, surfaces; nothing mapped yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FoundSurface:
    """What a mesh looks like.

    Attributes:
        name: The file's.
        color: Linear colour and opacity that the picture is multiplied by.
        picture: PNG or JPEG, as it stood in the file; None for a plain colour.
        see_through: Its opacity counts, as for lashes.
        two_sided: Seen from behind, too.
        roughness: 0 for a mirror, 1 for chalk.
    """

    name: str
    color: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    picture: bytes | None = None
    see_through: bool = False
    two_sided: bool = False
    roughness: float = 0.6


@dataclass(frozen=True, slots=True)
class FoundMesh:
    """One piece of a head.

    Attributes:
        name: The file's, to be told apart by and to be named in errors.
        surface: Number of its surface.
        positions: Vertices at rest, in the file's axes and units, [V, 3].
        triangles: Vertex numbers, counter-clockwise seen from outside, [M, 3].
        uv: Place in the picture, first row at v = 0, [V, 2].
        morphs: Offsets of each shape by the file's name for it, [V, 3].
        color: Linear colour and opacity of vertices, [V, 4]; None where there is none.
        head_share: Share of the head bone and what hangs on it, [V]; None without bones.
        jaw_share: Share of the jaw bone, [V]; None without.
    """

    name: str
    surface: int
    positions: F64
    triangles: I64
    uv: F64
    morphs: Mapping[str, F64]
    color: F64 | None = None
    head_share: F64 | None = None
    jaw_share: F64 | None = None


@dataclass(frozen=True, slots=True)
class FoundHead:
    """All that a file says of a head.

    Attributes:
        source: What it was read from, for the avatar's own record.
        meshes: Its pieces.
        surfaces: What they look like.
        jaw: Where the jaw bone turns, in the file's axes; None without a jaw bone.
        licence: What the file says about its use.
        notes: What was left out, in words.
    """

    source: str
    meshes: tuple[FoundMesh, ...]
    surfaces: tuple[FoundSurface, ...]
    jaw: F64 | None = None
    licence: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def shape_names(self) -> tuple[str, ...]:
        """Every shape's name, in the order in which it first stands in the file."""
        return tuple(dict.fromkeys(name for mesh in self.meshes for name in mesh.morphs))
