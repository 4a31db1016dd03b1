"""How different two pictures look, as an eye compares them."""

import numpy as np
from numpy.typing import NDArray

_TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
) / np.array([[0.9505], [1.0], [1.089]])


def shrunk(rgb: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Mean of squares of `factor` pixels: edges and noise finer than that are not compared."""
    height, width, channels = rgb.shape
    squares = rgb.reshape(height // factor, factor, width // factor, factor, channels)
    return np.round(squares.mean(axis=(1, 3))).astype(np.uint8)


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Distance of colours in CIELAB (1976), about 2 is just seen, [H, W] from sRGB bytes."""
    apart: NDArray[np.float64] = np.linalg.norm(_lab(one) - _lab(other), axis=-1)
    return apart


def _lab(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    srgb = rgb[..., :3] / 255.0
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ.T
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = np.moveaxis(root, -1, 0)
    lab: NDArray[np.float64] = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)
    return lab
