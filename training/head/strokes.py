"""Single hairs drawn on the flat face and looked up by texels: brows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from training.head.makehuman import Floats

_CELL_M = 0.00012
_LEFT_M, _RIGHT_M, _LOW_M, _HIGH_M = 0.004, 0.064, 0.046, 0.078
_STEPS = 5
_SHADE_BLURS = 60  # over about a millimetre

# Arch of one brow: distance from the middle, height, half thickness, metres.
_ARCH_X = (0.010, 0.016, 0.026, 0.037, 0.046, 0.055)
_ARCH_Y = (0.0530, 0.0546, 0.0568, 0.0586, 0.0579, 0.0543)
_ARCH_HALF = (0.0036, 0.0044, 0.0043, 0.0035, 0.0025, 0.0010)
# Both ends thin out: the inner one over the nose, the tail at the temple.
_GROWN = (0.45, 0.85, 1.0, 1.0, 0.9, 0.35)
# Which way hairs point, degrees from outwards: up at the inner end, along the arch, then down.
_TURN_DEGREES = (78.0, 62.0, 38.0, 16.0, -12.0, -28.0)


@dataclass(frozen=True, slots=True)
class BrowHairs:
    """Hairs of a brow over the flat face, as seen from the front."""

    cover: Floats
    shade: Floats

    def at(self, positions: Floats) -> Floats:
        """Share of each texel that hair covers, [...] from places on the head [..., 3]."""
        return _looked_up(self.cover, positions)

    def shade_at(self, positions: Floats) -> Floats:
        """How much hair is about each texel, which darkens the skin between, the same way."""
        return _looked_up(self.shade, positions)


def draw_brow(hairs: int, width: float, seed: int) -> BrowHairs:
    """Draw a brow.

    Args:
        hairs: How many.
        width: Times the usual thickness.
        seed: Of the hairs' places.

    Returns:
        The brow, blurred to about a texel.
    """
    random = np.random.default_rng(seed)
    size = (round((_RIGHT_M - _LEFT_M) / _CELL_M), round((_HIGH_M - _LOW_M) / _CELL_M))
    total = np.zeros(size[::-1])
    for layer in range(3):
        image = Image.new("L", size, 0)
        draw = ImageDraw.Draw(image)
        for _ in range(hairs // 3):
            _hair(draw, random, width, 100 + 50 * layer)
        total = 1 - (1 - total) * (1 - np.asarray(image) / 255.0)
    cover = _blurred(_blurred(total, 0), 1)
    shade = cover
    for _ in range(_SHADE_BLURS):
        shade = _blurred(_blurred(shade, 0), 1)
    return BrowHairs(cover, shade)


def _looked_up(image: Floats, positions: Floats) -> Floats:
    rows, columns = image.shape
    x = (np.abs(positions[..., 0]) - _LEFT_M) / _CELL_M
    y = (_HIGH_M - positions[..., 1]) / _CELL_M
    inside = (x >= 0) & (x < columns - 1) & (y >= 0) & (y < rows - 1)
    inside &= positions[..., 2] > 0.03
    column = np.clip(x, 0, columns - 2).astype(np.int64)
    row = np.clip(y, 0, rows - 2).astype(np.int64)
    return np.where(inside, image[row, column], 0.0)


def _hair(draw: ImageDraw.ImageDraw, random: np.random.Generator, width: float, ink: int) -> None:
    x = float(random.uniform(_ARCH_X[0], _ARCH_X[-1]))
    across = float(random.triangular(-1, 0, 1))  # sparse towards both edges
    ink = round(ink * float(np.interp(x, _ARCH_X, _GROWN)) * float(random.uniform(0.55, 1.0)))
    y = float(np.interp(x, _ARCH_X, _ARCH_Y))
    y += across * width * float(np.interp(x, _ARCH_X, _ARCH_HALF))
    turn = np.deg2rad(float(np.interp(x, _ARCH_X, _TURN_DEGREES)) - 24 * across)
    turn += float(random.normal(0, 0.10))
    length = float(random.uniform(0.0045, 0.0080)) * (0.75 if x > 0.046 or x < 0.013 else 1.0)
    bend = float(random.uniform(-0.30, 0.05))
    points = []
    for _ in range(_STEPS):
        points.append(((x - _LEFT_M) / _CELL_M, (_HIGH_M - y) / _CELL_M))
        x += np.cos(turn) * length / _STEPS
        y += np.sin(turn) * length / _STEPS
        turn += bend / _STEPS * 4
    draw.line(points[:3], fill=ink, width=3)
    draw.line(points[2:], fill=ink * 3 // 4, width=2)


def _blurred(values: Floats, axis: int) -> Floats:
    kernel = (0.25, 0.5, 0.25)
    padded = np.pad(values, [(1, 1) if k == axis else (0, 0) for k in range(2)])
    size = values.shape[axis]
    mixed: Floats = np.zeros_like(values)
    for place, weight in enumerate(kernel):
        mixed += weight * padded.take(range(place, place + size), axis)
    return mixed
