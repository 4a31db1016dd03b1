"""Single hairs drawn on the flat face and looked up by texels: brows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from training.head.makehuman import Floats

_CELL_M = 0.00012
_LEFT_M, _RIGHT_M, _LOW_M, _HIGH_M = 0.004, 0.064, 0.046, 0.078
_STEPS = 5

# Arch of one brow: distance from the middle, height, half thickness, metres.
_ARCH_X = (0.010, 0.016, 0.026, 0.037, 0.046, 0.055)
_ARCH_Y = (0.0562, 0.0580, 0.0605, 0.0630, 0.0622, 0.0576)
_ARCH_HALF = (0.0032, 0.0040, 0.0040, 0.0033, 0.0023, 0.0008)
# Which way hairs point, degrees from outwards: up at the inner end, along the arch, then down.
_TURN_DEGREES = (78.0, 62.0, 38.0, 16.0, -12.0, -28.0)


@dataclass(frozen=True, slots=True)
class BrowHairs:
    """Hairs of a brow over the flat face, as seen from the front."""

    cover: Floats

    def at(self, positions: Floats) -> Floats:
        """Share of each texel that hair covers, [...] from places on the head [..., 3]."""
        rows, columns = self.cover.shape
        x = (np.abs(positions[..., 0]) - _LEFT_M) / _CELL_M
        y = (_HIGH_M - positions[..., 1]) / _CELL_M
        inside = (x >= 0) & (x < columns - 1) & (y >= 0) & (y < rows - 1)
        inside &= positions[..., 2] > 0.03
        column = np.clip(x, 0, columns - 2).astype(np.int64)
        row = np.clip(y, 0, rows - 2).astype(np.int64)
        return np.where(inside, self.cover[row, column], 0.0)


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
            _hair(draw, random, width, 95 + 40 * layer)
        total = 1 - (1 - total) * (1 - np.asarray(image) / 255.0)
    return BrowHairs(_blurred(_blurred(total, 0), 1))


def _hair(draw: ImageDraw.ImageDraw, random: np.random.Generator, width: float, ink: int) -> None:
    x = float(random.uniform(_ARCH_X[0], _ARCH_X[-1]))
    across = float(np.clip(random.normal(0, 0.48), -1, 1))
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
    draw.line(points[:3], fill=ink, width=4)
    draw.line(points[2:], fill=ink, width=3)


def _blurred(values: Floats, axis: int) -> Floats:
    kernel = (0.25, 0.5, 0.25)
    padded = np.pad(values, [(1, 1) if k == axis else (0, 0) for k in range(2)])
    size = values.shape[axis]
    mixed: Floats = np.zeros_like(values)
    for place, weight in enumerate(kernel):
        mixed += weight * padded.take(range(place, place + size), axis)
    return mixed
