"""The studio's light: what it sends from all sides, and what the key light sees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

KEY_DIRECTION = (-0.456, 0.501, 0.735)
"""Where the key light stands; the shaders know it, too."""

SHADOW_PIXELS = {"card": 512, "processor": 384}
"""Of what the key light sees, by who draws."""
_DIRECTIONS = 4096
_SHADOW_HALF_M = 0.19
_SHADOW_MIDDLE_M = (0.0, -0.01, 0.02)
_SHADOW_DEPTH_M = 0.35

# Large soft sources besides key, fill and rim: direction, tightness, colour.
_SOURCES = (
    ((-0.60, 0.45, 0.66), 3.0, (0.22, 0.21, 0.20)),
    ((0.85, 0.20, 0.48), 5.0, (0.16, 0.19, 0.23)),
    ((0.0, 0.35, -0.94), 3.0, (0.30, 0.30, 0.31)),
)
_ZENITH, _HORIZON, _FLOOR = (0.40, 0.42, 0.47), (0.20, 0.20, 0.21), (0.16, 0.13, 0.12)

# Squares of the norms of real spherical harmonics of bands 0, 1 and 2, times the share of each
# band that a matt surface keeps (Ramamoorthi & Hanrahan 2001), divided by pi.
_NORMS = np.array([0.282095, *[0.488603] * 3, 1.092548, 1.092548, 0.315392, 1.092548, 0.546274])
_KEPT = np.array([1.0, *[2 / 3] * 3, *[1 / 4] * 5])


def radiance(directions: Floats) -> Floats:
    """What comes from each direction but the point-like lights, linear, [N, 3]."""
    height = directions[:, 1:2]
    up, down = np.clip(height, 0, 1), np.clip(-height, 0, 1)
    light: Floats = np.array(_HORIZON) * (1 - up - down)
    light = light + np.array(_ZENITH) * up + np.array(_FLOOR) * down
    for direction, tight, color in _SOURCES:
        toward = np.array(direction) / np.linalg.norm(direction)
        light = light + np.clip(directions @ toward, 0, 1)[:, None] ** tight * np.array(color)
    return light


def studio_harmonics() -> list[tuple[float, float, float]]:
    """Nine colours by which `studio_light` in the shaders lights a surface."""
    directions = _sphere(_DIRECTIONS)
    products = _polynomials(directions) * (_NORMS**2 * _KEPT)
    colors = products.T @ radiance(directions) * (4 * np.pi / len(directions))
    return [(float(r), float(g), float(b)) for r, g, b in colors]


def shadow_matrix() -> NDArray[np.float32]:
    """World to the key light's clip space, row-major [4, 4], for column vectors."""
    back = np.array(KEY_DIRECTION) / np.linalg.norm(KEY_DIRECTION)
    right = np.cross((0.0, 1.0, 0.0), back)
    right /= np.linalg.norm(right)
    rows = np.stack([right, np.cross(back, right), -back])
    reach = np.array([_SHADOW_HALF_M, _SHADOW_HALF_M, _SHADOW_DEPTH_M])
    matrix = np.eye(4)
    matrix[:3, :3] = rows / reach[:, None]
    matrix[:3, 3] = -(rows @ np.array(_SHADOW_MIDDLE_M)) / reach
    return matrix.astype(np.float32)


def _polynomials(directions: Floats) -> Floats:
    """The harmonics without their norms, in the order of the shader, [N, 9]."""
    x, y, z = directions.T
    return np.stack(
        [np.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y], axis=1
    )


def _sphere(count: int) -> Floats:
    """Directions spread evenly (Fibonacci lattice)."""
    step = np.arange(count) + 0.5
    height = 1 - 2 * step / count
    turn = np.pi * (1 + np.sqrt(5)) * step
    radius = np.sqrt(1 - height**2)
    return np.stack([radius * np.cos(turn), height, radius * np.sin(turn)], axis=1)
