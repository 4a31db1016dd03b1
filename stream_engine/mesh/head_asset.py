"""Reads the head file: geometry, the 52 shapes, regions."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from stream_engine.errors import AssetError
from stream_engine.mesh.retarget import Retarget, load_retarget
from stream_engine.motion.arkit import ARKIT_NAMES

_AVATARS = Path(__file__).parent.parent / "assets" / "avatars"
HEADS = {file.stem: file for file in sorted(_AVATARS.glob("*.safetensors"))}
"""The heads that ship with Elocute, by avatar."""

DEFAULT_HEAD = HEADS["default"]
FORMAT = "elocute-head-2"
AVATAR_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
"""What an avatar may be called; it stands in addresses."""

PACKED = "deltas_zlib"
"""The offsets as they are kept: mostly zeros, a twelfth of their size."""

_UNUSABLE = "the head file cannot be used"
_EXPECTED = f"a {FORMAT} file with the 52 ARKit shapes"
_FIX = "reinstall, or rebuild it with `python -m training.head.build`"
_TENSORS = (
    "positions",
    "triangles",
    "draw_triangles",
    "uv",
    "material",
    "color",
    PACKED,
    "delta_scale",
    "head_weight",
    "regions",
    "inner_lip",
    "outer_lip",
)


@dataclass(frozen=True, slots=True)
class DrawGroup:
    """A run of triangles drawn with one shader."""

    name: str
    first_triangle: int
    triangles: int


@dataclass(frozen=True)
class HeadAsset:
    """A head at rest and how each ARKit shape moves it.

    Attributes:
        positions: Neutral vertices, float32 [V, 3] metres; y up, +z to the front, +x to the
            subject's left, origin inside the skull at ear height.
        triangles: Vertex numbers, uint16 [M, 3], counter-clockwise seen from outside.
        draw_triangles: The same surface with triangles too small to see collapsed, uint16 [M', 3];
            `groups` count these.
        uv: Texture coordinates, float32 [V, 2].
        material: `Material` code of each vertex, uint8 [V].
        color: sRGB albedo and baked ambient light, uint8 [V, 4].
        deltas: Quantised offsets of the 52 shapes, int16 [52, V, 3].
        delta_scale: Metres per unit of `deltas`, float32 [52].
        head_weight: Share of the head's rotation a vertex takes, float32 [V].
        region_bits: One bit per region, uint32 [V]; see `region`.
        region_names: Region names in bit order.
        inner_lip: Closed contour of the mouth's opening, vertex numbers; from the subject's
            left corner over the upper lip.
        outer_lip: Closed contour where lips meet skin, likewise.
        groups: Draw groups in order, over `draw_triangles`.
        pivot: Point the head turns about, float32 [3].
        skin_vertices: The skin is vertices 0..skin_vertices - 1.
        extras: Further tensors of the file by name, for example the packed skin texture.
        retarget: What is done to coefficients before they pose it; None for nothing.
    """

    positions: NDArray[np.float32]
    triangles: NDArray[np.uint16]
    draw_triangles: NDArray[np.uint16]
    uv: NDArray[np.float32]
    material: NDArray[np.uint8]
    color: NDArray[np.uint8]
    deltas: NDArray[np.int16]
    delta_scale: NDArray[np.float32]
    head_weight: NDArray[np.float32]
    region_bits: NDArray[np.uint32]
    region_names: tuple[str, ...]
    inner_lip: NDArray[np.uint16]
    outer_lip: NDArray[np.uint16]
    groups: tuple[DrawGroup, ...]
    pivot: NDArray[np.float32]
    skin_vertices: int
    extras: Mapping[str, NDArray[np.uint8]]
    retarget: Retarget | None = None

    @property
    def vertices(self) -> int:
        """Number of vertices, V."""
        return len(self.positions)

    @cached_property
    def basis(self) -> NDArray[np.float32]:
        """Offsets of the 52 shapes in metres, float32 [52, V * 3]."""
        scaled = self.deltas.astype(np.float32) * self.delta_scale[:, None, None]
        return scaled.reshape(len(self.deltas), -1)

    def region(self, name: str) -> NDArray[np.bool_]:
        """Give the mask of one region.

        Args:
            name: One of `region_names`.

        Returns:
            True on its vertices, bool [V].

        Raises:
            AssetError: If the file names no such region.
        """
        if name not in self.region_names:
            raise AssetError(
                "unknown region of the head",
                got=repr(name),
                expected="one of " + ", ".join(self.region_names),
                fix="pick a listed name",
            )
        mask = np.uint32(1 << self.region_names.index(name))
        inside: NDArray[np.bool_] = (self.region_bits & mask) != 0
        return inside


def head_file(avatar: str, folder: Path | None = None) -> Path:
    """Find the head file of an avatar.

    Args:
        avatar: Its name.
        folder: Where people's own avatars are, beside those that ship.

    Returns:
        The file.

    Raises:
        AssetError: If there is no such avatar.
    """
    known = avatar_files(folder)
    if avatar not in known:
        raise AssetError("unknown avatar", got=repr(avatar)[:80], expected=" or ".join(known))
    return known[avatar]


def avatar_files(folder: Path | None) -> dict[str, Path]:
    """List avatars by name: those that ship, then people's own, which never stand for a shipped."""
    own = sorted(folder.glob("*.safetensors")) if folder is not None else []
    named = {file.stem: file for file in own if re.fullmatch(AVATAR_NAME, file.stem)}
    return HEADS | {name: file for name, file in named.items() if name not in HEADS}


def load_head_asset(path: Path | None = None) -> HeadAsset:
    """Read a head file.

    Args:
        path: File to read; the head that ships with Elocute if None.

    Returns:
        The head.

    Raises:
        AssetError: If the file is missing, unreadable or not a head.
    """
    file = DEFAULT_HEAD if path is None else path
    tensors, metadata = _read(file)
    missing = [name for name in _TENSORS if name not in tensors]
    if missing or metadata.get("format") != FORMAT:
        raise AssetError(
            _UNUSABLE,
            got=f"format {metadata.get('format')!r}, missing tensors {missing}",
            expected=_EXPECTED,
            fix=_FIX,
        )
    if json.loads(metadata["shapes"]) != list(ARKIT_NAMES):
        raise AssetError(_UNUSABLE, got="another list of shapes", expected=_EXPECTED, fix=_FIX)
    vertices = len(tensors["positions"])
    deltas = _unpack(tensors.pop(PACKED), vertices)
    if tensors["triangles"].max() >= vertices:
        raise AssetError(
            _UNUSABLE,
            got=f"triangle corner {tensors['triangles'].max()} of {vertices} vertices",
            expected=_EXPECTED,
            fix=_FIX,
        )
    known = {name: tensors[name] for name in _TENSORS if name not in ("regions", PACKED)}
    return HeadAsset(
        **known,
        deltas=deltas,
        region_bits=tensors["regions"],
        region_names=tuple(json.loads(metadata["regions"])),
        groups=tuple(DrawGroup(*run) for run in json.loads(metadata["groups"])),
        pivot=np.array(json.loads(metadata["pivot"]), dtype=np.float32),
        skin_vertices=int(metadata["skin_vertices"]),
        extras={name: tensor for name, tensor in tensors.items() if name not in _TENSORS},
        retarget=load_retarget(file.with_suffix(".toml")),
    )


def pack_deltas(deltas: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Pack the offsets of the shapes as a head file keeps them, int16 [52, V, 3]."""
    return np.frombuffer(zlib.compress(deltas.astype("<i2").tobytes(), 9), np.uint8)


def _unpack(packed: NDArray[np.uint8], vertices: int) -> NDArray[np.int16]:
    try:
        raw = zlib.decompress(packed.tobytes())
        return np.frombuffer(raw, "<i2").reshape(len(ARKIT_NAMES), vertices, 3)
    except (zlib.error, ValueError) as error:
        got = f"offsets of {vertices} vertices: {error}"
        raise AssetError(_UNUSABLE, got=got, expected=_EXPECTED, fix=_FIX) from error


def _read(file: Path) -> tuple[dict[str, NDArray], dict[str, str]]:  # type: ignore[type-arg]
    if not file.is_file():
        raise AssetError(
            "head file not found",
            got=str(file),
            expected="a file made by `python -m training.head.build`",
            fix="reinstall, or build the head again",
        )
    try:
        with safe_open(file, framework="numpy") as reader:
            tensors = {name: reader.get_tensor(name) for name in reader.keys()}  # noqa: SIM118
            return tensors, reader.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise AssetError(_UNUSABLE, got=str(error), expected=_EXPECTED, fix=_FIX) from error
