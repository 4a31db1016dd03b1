"""Bakes all surfaces of a head into the one picture that its skin is drawn with.

::

    +--------------+-------+   The surface that covers most has the large field; others share the
    |              |   2   |   column. Of each picture only what the head uses is taken. Colours
    |      1       +-------+   without a picture are fields of a strip; one of skin runs from skin
    |              |   3   |   to lip from left to right, and to brow downwards.
    +--------------+-------+
    | plain | plain | ...  |
    +----------------------+
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.avatar.found_head import F64, I64, FoundSurface
from stream_engine.avatar.pictures import look_up, read_picture, resized
from stream_engine.avatar.whole import Whole
from stream_engine.mesh.materials import Material
from stream_engine.mesh.srgb import to_linear

STRIP = 32
_SIDES = (256, 512, 1024)
"""Of the picture: the least that holds about as many texels as the file's pictures."""

_MAIN_SHARE = 0.6875
_PAD = 3
_SMALLEST_UV = 1e-4
_LIP = np.array([0.42, 0.13, 0.11])
_BROW = np.array([0.035, 0.022, 0.016])

_WHITE = 0.9
_USUAL: Mapping[Material, tuple[float, float, float]] = {
    Material.MOUTH: (0.16, 0.035, 0.032),
    Material.GUM: (0.36, 0.11, 0.10),
    Material.TONGUE: (0.36, 0.12, 0.11),
    Material.LASH: (0.012, 0.009, 0.007),
}
"""Linear colours; teeth may be white."""


@dataclass(frozen=True, slots=True)
class Atlas:
    """A picture, and where vertices lie in it.

    Attributes:
        pixels: Square root of linear colour, and gloss, uint8 [H, W, 4].
        uv: [V, 2]; zero for what is not painted here.
    """

    pixels: NDArray[np.uint8]
    uv: F64


@dataclass(frozen=True, slots=True)
class _Field:
    """Where a surface lies: first row and column, rows, columns; and the atlas' side."""

    row: int
    column: int
    rows: int
    columns: int
    side: int

    def place(self, share: F64) -> F64:
        """Shares 0..1 of the field as uv of the atlas, [N, 2], within its margin."""
        inner = np.array([self.columns, self.rows]) - 2 * _PAD
        placed: F64 = (share * inner + _PAD + (self.column, self.row)) / self.side
        return placed


def read_pictures(whole: Whole) -> dict[int, F64]:
    """Decode the pictures of all surfaces in use, by number of surface."""
    read: dict[bytes, F64] = {}
    pictures: dict[int, F64] = {}
    for number in np.unique(whole.surface).tolist():
        surface = whole.surfaces[number]
        if surface.picture is not None:
            if surface.picture not in read:
                read[surface.picture] = read_picture(surface.picture, surface.name)
            pictures[number] = read[surface.picture]
    return pictures


def bake(whole: Whole, drawn: NDArray[np.bool_], pictures: Mapping[int, F64], tints: F64) -> Atlas:
    """Paint the atlas.

    Args:
        whole: The head.
        drawn: Which triangles are drawn with it, [M].
        pictures: Of surfaces, decoded.
        tints: How much of a lip and of a brow each vertex is, 0..1, [V, 2].

    Returns:
        The picture and the vertices' places in it.
    """
    side = _side(
        [pictures[number] for number in np.unique(whole.surface[drawn]) if number in pictures]
    )
    canvas = np.zeros((side, side, 4))
    uv = np.zeros((len(whole.positions), 2))
    areas = _areas(whole, drawn)
    numbers = sorted(areas, key=lambda number: -areas[number])
    painted = [number for number in numbers if number in pictures]
    plain = [number for number in numbers if number not in pictures]
    for number, field in zip(painted, _picture_fields(len(painted), side), strict=True):
        corners = np.unique(whole.triangles[drawn & (whole.surface == number)])
        uv[corners] = _paint(canvas, field, (whole, number, corners), pictures[number])
    for k, number in enumerate(plain):
        wide = side // len(plain)
        field = _Field(side - STRIP, k * wide, STRIP, wide, side)
        corners = np.unique(whole.triangles[drawn & (whole.surface == number)])
        uv[corners] = field.place(tints[corners])
        _tint(canvas, field, whole.surfaces[number], _mean_color(whole, corners))
    canvas[..., :3] = np.sqrt(np.clip(canvas[..., :3], 0.0, 1.0))
    return Atlas(np.round(canvas * 255).astype(np.uint8), uv)


def surface_color(surface: FoundSurface, picture: F64 | None, uv: F64, color: F64) -> F64:
    """Linear colour and opacity of a surface at vertices, [N, 4]."""
    seen = np.ones((len(uv), 4)) if picture is None else look_up(picture, uv)
    seen[:, :3] = to_linear(seen[:, :3])
    shown: F64 = seen * color * np.array(surface.color)
    return shown


def _areas(whole: Whole, drawn: NDArray[np.bool_]) -> dict[int, float]:
    a, b, c = (whole.positions[whole.triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) * drawn
    totals = np.bincount(whole.surface, area)
    return {number: float(totals[number]) for number in np.flatnonzero(totals).tolist()}


def _side(pictures: list[F64]) -> int:
    texels = sum(picture.shape[0] * picture.shape[1] for picture in pictures)
    return next((side for side in _SIDES if side * side >= texels), _SIDES[-1])


def _picture_fields(count: int, side: int) -> list[_Field]:
    rows = side - STRIP
    if count < 2:
        return [_Field(0, 0, rows, side, side)] * count
    main = int(side * _MAIN_SHARE)
    each = rows // (count - 1)
    others = [_Field(k * each, main, each, side - main, side) for k in range(count - 1)]
    return [_Field(0, 0, rows, main, side), *others]


def _paint(canvas: F64, field: _Field, what: tuple[Whole, int, I64], picture: F64) -> F64:
    """Bring a picture into its field; gives the vertices' places."""
    whole, number, corners = what
    surface = whole.surfaces[number]
    uv = whole.uv[corners]
    low = uv.min(axis=0)
    size = np.maximum(uv.max(axis=0) - low, _SMALLEST_UV)
    cut = resized(picture, (low, low + size), (field.rows, field.columns), _PAD)
    cut[..., :3] = to_linear(cut[..., :3]) * np.array(surface.color[:3])
    cut[..., 3] = gloss_of(surface)
    rows = slice(field.row, field.row + field.rows)
    columns = slice(field.column, field.column + field.columns)
    canvas[rows, columns] = cut
    return field.place((uv - low) / size)


def uncolored(color: F64, kind: Material) -> F64:
    """Give colour to what a file left white, [N, 3]: a mouth whose vertex colours were not written.

    Args:
        color: Linear, of a surface without a picture, [N, 3].
        kind: What it is.

    Returns:
        The colour, or what such a part usually has.
    """
    if kind in _USUAL and color.min() > _WHITE:
        return np.broadcast_to(np.array(_USUAL[kind]), color.shape)
    return color


def gloss_of(surface: FoundSurface) -> float:
    """Give the gleam of a surface, as the skin's shader has it; skin of .6 is ours then."""
    return float(np.clip(0.86 - 0.9 * surface.roughness, 0.08, 0.6))


def _tint(canvas: F64, field: _Field, surface: FoundSurface, color: F64) -> None:
    inner = np.array([field.columns, field.rows]) - 2 * _PAD
    lip = np.clip((np.arange(field.columns) - _PAD) / inner[0], 0.0, 1.0)[None, :, None]
    brow = np.clip((np.arange(field.rows) - _PAD) / inner[1], 0.0, 1.0)[:, None, None]
    plain = color * np.array(surface.color[:3])
    mixed = (plain + (_LIP - plain) * lip * 0.75) * (1 - brow) + _BROW * brow
    rows = slice(field.row, field.row + field.rows)
    columns = slice(field.column, field.column + field.columns)
    canvas[rows, columns, :3] = mixed
    canvas[rows, columns, 3] = gloss_of(surface)


def _mean_color(whole: Whole, corners: I64) -> F64:
    mean: F64 = whole.color[corners, :3].mean(axis=0)
    return mean
