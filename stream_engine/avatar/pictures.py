"""Pictures of a head: PNG and JPEG read, looked up, brought to another size.

They are bytes out of somebody's avatar and are reckoned with, so they come with their opacity and
as floats; `transport/picture_file` reads the one file that the operator wants behind the head.
"""

from __future__ import annotations

import io

import av
import numpy as np
from av.error import FFmpegError

from stream_engine.avatar.found_head import F64
from stream_engine.errors import AssetError

_LARGEST = 8192
_ROUND = 1e-3


def read_picture(data: bytes, whose: str) -> F64:
    """Decode a picture.

    Args:
        data: PNG or JPEG.
        whose: Surface it belongs to, for the error.

    Returns:
        sRGB and opacity, 0..1, [H, W, 4].

    Raises:
        AssetError: If it is none.
    """
    try:
        with av.open(io.BytesIO(data)) as file:
            frame = next(file.decode(video=0))
            if max(frame.width, frame.height) > _LARGEST:
                raise _unreadable(whose, f"{frame.width}x{frame.height} pixels")
            return np.asarray(frame.to_ndarray(format="rgba")) / 255.0
    except (FFmpegError, StopIteration, IndexError, ValueError) as error:
        raise _unreadable(whose, str(error) or "no picture") from error


def look_up(picture: F64, uv: F64) -> F64:
    """Read a picture at places, bilinear, repeated beyond its edges: [N, 4]."""
    height, width = picture.shape[:2]
    at = (uv - np.floor(uv)) * (width, height) - 0.5
    low = np.floor(at).astype(np.int64)
    share = at - low
    result = np.zeros((len(uv), 4))
    for dx in (0, 1):
        for dy in (0, 1):
            weight = np.abs(1 - dx - share[:, 0]) * np.abs(1 - dy - share[:, 1])
            x, y = (low[:, 0] + dx) % width, (low[:, 1] + dy) % height
            result += weight[:, None] * picture[y, x]
    return result


def resized(picture: F64, window: tuple[F64, F64], size: tuple[int, int], margin: int) -> F64:
    """Cut a window out of a picture and bring it to a size.

    Args:
        picture: [H, W, 4].
        window: Least and greatest uv of it, [2] each.
        size: Rows and columns wanted.
        margin: How many of these at each side go on beyond the window.

    Returns:
        [rows, columns, 4].
    """
    low, high = window
    rows, columns = size
    texels = (high - low) * (picture.shape[1], picture.shape[0]) / (columns, rows)
    picture = _averaged(picture, int(max(texels[1], 1.0)), int(max(texels[0], 1.0)))
    half = 0.5 / np.array([picture.shape[1], picture.shape[0]])
    if (low >= -_ROUND).all() and (high <= 1.0 + _ROUND).all():  # not repeated: edges go on
        edges = half, 1.0 - half
    else:
        edges = low, high
    y, x = (
        np.clip(
            low[k] + (np.arange(n) + 0.5 - margin) / (n - 2 * margin) * (high - low)[k],
            edges[0][k],
            edges[1][k],
        )
        for k, n in ((1, rows), (0, columns))
    )
    uv = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return look_up(picture, uv).reshape(rows, columns, 4)


def _averaged(picture: F64, rows: int, columns: int) -> F64:
    """Mean of blocks, so that what is made smaller does not flicker."""
    height, width = picture.shape[0] // rows * rows, picture.shape[1] // columns * columns
    if (rows, columns) == (1, 1) or not height or not width:
        return picture
    cut = picture[:height, :width]
    blocks = cut.reshape(height // rows, rows, width // columns, columns, 4)
    averaged: F64 = blocks.mean(axis=(1, 3))
    return averaged


def _unreadable(whose: str, got: str) -> AssetError:
    return AssetError(
        f"the picture of surface {whose!r} cannot be read",
        got=got,
        expected=f"PNG or JPEG of at most {_LARGEST} pixels a side",
        fix="export with PNG or JPEG textures",
    )
