"""Unpacks the painted skin: a PNG inside the head file, read with numpy alone."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import AssetError
from stream_engine.mesh.head_asset import HeadAsset

SKIN_TENSOR = "skin_png"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGBA8 = b"\x08\x06\x00\x00\x00"
_FILTER_UP = 2
_UNUSABLE = "the head's skin texture cannot be used"
_EXPECTED = "a PNG as `python -m training.head.build` packs it"
_FIX = "reinstall, or rebuild the head"


def read_skin_texture(asset: HeadAsset) -> NDArray[np.uint8]:
    """Unpack the texture of a head.

    Args:
        asset: The head.

    Returns:
        Square root of linear colour, and gloss, uint8 [H, W, 4], first row at v = 0.

    Raises:
        AssetError: If the head has no such texture.
    """
    return read_png(packed_skin(asset))


def packed_skin(asset: HeadAsset) -> bytes:
    """Give the texture of a head as the PNG it is kept in; AssetError if there is none."""
    if SKIN_TENSOR not in asset.extras:
        raise AssetError(_UNUSABLE, got="no tensor " + SKIN_TENSOR, expected=_EXPECTED, fix=_FIX)
    return asset.extras[SKIN_TENSOR].tobytes()


def write_png(pixels: NDArray[np.uint8]) -> bytes:
    """Pack uint8 [H, W, 4], or opaque [H, W, 3], as a PNG whose every row has the filter 'up'."""
    if pixels.shape[2] == 3:
        pixels = np.concatenate([pixels, np.full_like(pixels[..., :1], 255)], axis=2)
    height, width, _ = pixels.shape
    flat = pixels.reshape(height, width * 4)
    rows = np.empty((height, width * 4 + 1), dtype=np.uint8)
    rows[:, 0] = _FILTER_UP
    rows[0, 1:] = flat[0]
    rows[1:, 1:] = flat[1:] - flat[:-1]  # wraps round, as PNG wants
    header = struct.pack(">II", width, height) + _RGBA8
    packed = zlib.compress(rows.tobytes(), 9)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def read_png(data: bytes) -> NDArray[np.uint8]:
    """Undo `write_png`.

    Args:
        data: The PNG.

    Returns:
        Its pixels, uint8 [H, W, 4].

    Raises:
        AssetError: If it is not as `write_png` makes it.
    """
    if data[:8] != _SIGNATURE or data[24:29] != _RGBA8 or data[37:41] != b"IDAT":
        raise AssetError(
            _UNUSABLE,
            got="bytes that are not an RGBA PNG of one data chunk",
            expected=_EXPECTED,
            fix=_FIX,
        )
    width, height = struct.unpack(">II", data[16:24])
    (length,) = struct.unpack(">I", data[33:37])
    try:
        raw = zlib.decompress(data[41 : 41 + length])
    except zlib.error as error:
        raise AssetError(_UNUSABLE, got=str(error), expected=_EXPECTED, fix=_FIX) from error
    rows = np.frombuffer(raw, dtype=np.uint8)
    if rows.size != height * (width * 4 + 1):
        raise AssetError(
            _UNUSABLE,
            got=f"{rows.size} bytes for {width}x{height} pixels",
            expected=_EXPECTED,
            fix=_FIX,
        )
    rows = rows.reshape(height, width * 4 + 1)
    if (rows[:, 0] != _FILTER_UP).any():
        raise AssetError(
            _UNUSABLE, got="rows with another PNG filter than 'up'", expected=_EXPECTED, fix=_FIX
        )
    flat: NDArray[np.uint8] = np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8)
    return flat.reshape(height, width, 4)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
