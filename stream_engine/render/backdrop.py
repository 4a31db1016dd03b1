"""What stands behind the head: a colour, a picture, or nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import ShapeError

Picture = NDArray[np.uint8]

_PASSES = 3  # box filters in a row come close to a Gaussian


def fitted(picture: Picture, width: int, height: int, blur: float) -> Picture:
    """Cut a picture to a format, shrink or stretch it there, and blur it.

    Args:
        picture: sRGB, uint8 [H, W, 3], first row on top.
        width: Wanted width.
        height: Wanted height.
        blur: Radius as a share of the wanted height; 0 leaves it sharp.

    Returns:
        uint8 [height, width, 3].

    Raises:
        ShapeError: If it is no picture.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or 0 in picture.shape:
        raise ShapeError(
            "no picture for the background", got=str(picture.shape), expected="(height, width, 3)"
        )
    rows, columns, _ = picture.shape
    wide = max(1, min(columns, round(rows * width / height)))
    tall = max(1, min(rows, round(columns * height / width)))
    left, top = (columns - wide) // 2, (rows - tall) // 2
    cut = picture[top : top + tall, left : left + wide].astype(np.float32)
    resized = _resized(_resized(cut, height, 0), width, 1)
    radius = round(blur * height)
    for axis in (0, 1) if radius else ():
        for _ in range(_PASSES):
            resized = _box(resized, radius, axis)
    return np.clip(np.round(resized), 0, 255).astype(np.uint8)


def _resized(values: NDArray[np.float32], size: int, axis: int) -> NDArray[np.float32]:
    """Mean of what falls into each new pixel, or linear between old ones where there are fewer."""
    old = values.shape[axis]
    edges = np.linspace(0, old, size + 1)
    if size < old:
        sums = np.concatenate([np.zeros_like(values.take([0], axis)), values.cumsum(axis)], axis)
        shares = np.diff(_between(sums, edges, axis), axis=axis)
        mean: NDArray[np.float32] = (shares * np.float32(size / old)).astype(np.float32)
        return mean
    return _between(values, np.clip((edges[:-1] + edges[1:]) / 2 - 0.5, 0, old - 1), axis)


def _between(
    values: NDArray[np.float32], at: NDArray[np.float64], axis: int
) -> NDArray[np.float32]:
    low = np.minimum(at.astype(np.int64), values.shape[axis] - 1)
    high = np.minimum(low + 1, values.shape[axis] - 1)
    shape = [1] * values.ndim
    shape[axis] = len(at)
    share = (at - low).reshape(shape).astype(np.float32)
    mixed: NDArray[np.float32] = (
        values.take(low, axis) * (1 - share) + values.take(high, axis) * share
    )
    return mixed


def _box(values: NDArray[np.float32], radius: int, axis: int) -> NDArray[np.float32]:
    pad = [(0, 0)] * values.ndim
    pad[axis] = (radius + 1, radius)
    sums = np.pad(values, pad, mode="edge").astype(np.float64).cumsum(axis)
    span = 2 * radius + 1
    ahead = sums.take(range(span, sums.shape[axis]), axis)
    behind = sums.take(range(sums.shape[axis] - span), axis)
    mean: NDArray[np.float32] = ((ahead - behind) / span).astype(np.float32)
    return mean
