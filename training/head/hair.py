"""Short hair: where it grows, how far it stands off the scalp, and a beard's place."""

from __future__ import annotations

import numpy as np

from training.head.looks import Beard, Hair
from training.head.makehuman import Floats
from training.head.noise import fractal_noise

# Height of the hairline by angle from the front, degrees and metres.
_LINE_DEGREES = (0, 14, 26, 36, 46, 55, 62, 68, 73, 80, 97, 107, 128, 180)
_LINE_M = (
    0.114,
    0.114,
    0.112,
    0.106,
    0.095,
    0.080,
    0.062,
    0.036,
    0.012,
    0.007,
    0.0,
    -0.03,
    -0.055,
    -0.058,
)
# Where a receding line goes back, by the same angles.
_RECEDES = (0.5, 0.6, 1.0, 1.0, 0.75, 0.35, 0.1, 0, 0, 0, 0, 0, 0, 0)
_SOFT_M = 0.03
_LONGEST_MM = 25.5

# The beard's upper edge by distance from the middle of the face, metres.
_BEARD_X = (0.0, 0.014, 0.030, 0.045, 0.058, 0.066, 0.072, 0.09)
_BEARD_Y = (-0.0105, -0.0125, -0.022, -0.033, -0.022, 0.000, 0.010, 0.010)
_BEARD_LOW_M = -0.104


def above_hairline(positions: Floats, recede_m: float = 0.0) -> Floats:
    """Height over the hairline, metres; negative on bare skin."""
    degrees = np.rad2deg(np.arctan2(np.abs(positions[..., 0]), positions[..., 2]))
    line = np.array(_LINE_M) + recede_m * np.array(_RECEDES)
    height: Floats = positions[..., 1] - np.interp(degrees, _LINE_DEGREES, line)
    return height


def volume(positions: Floats, ears: Floats, hair: Hair) -> Floats:
    """How far hair stands off the scalp, metres."""
    rise = np.clip(above_hairline(positions, hair.recede_m) / _SOFT_M, 0.0, 1.0)
    rise = np.sqrt(rise) * rise * (1 - np.clip(ears * 2, 0, 1))
    tall = _top_to_side(positions, hair.top_m, hair.side_m, hair.back_m)
    tall = tall * (1 + 0.10 * fractal_noise(positions / 0.03, 2, seed=11))
    standing: Floats = rise * tall
    return standing


def strands(positions: Floats, ears: Floats, hair: Hair) -> Floats:
    """Density, length, curl and direction of the hair, shares of 1, [..., 4]."""
    height = above_hairline(positions, hair.recede_m)
    grown = _step(height, -0.010, 0.020) * (1 - _step(ears, 0.1, 0.45))
    long_mm = _top_to_side(positions, hair.strand_top_mm, hair.strand_side_mm, hair.strand_side_mm)
    long_mm = long_mm * (0.25 + 0.75 * _step(height, 0.0, 0.03))
    curl = np.full_like(grown, hair.curl)
    swept = np.full_like(grown, float(hair.swept))
    return np.stack([grown * hair.density, long_mm / _LONGEST_MM * (grown > 0), curl, swept], -1)


def beard_cover(positions: Floats, lips: Floats) -> Floats:
    """Where a full beard grows, 0..1."""
    x, y = np.abs(positions[..., 0]), positions[..., 1]
    cover = _step(np.interp(x, _BEARD_X, _BEARD_Y) - y, -0.003, 0.007)
    cover *= _step(y, _BEARD_LOW_M, _BEARD_LOW_M + 0.020)
    cover *= _step(positions[..., 2], -0.005, 0.025) * (1 - _step(lips, 0.05, 0.4))
    # Bare beside the mouth's corners and under the lower lip.
    spare = np.exp(-((x - 0.013) ** 2 / 0.006**2 + (y + 0.050) ** 2 / 0.004**2) / 2)
    return cover * (1 - 0.5 * spare)


def beard_strands(positions: Floats, lips: Floats, ears: Floats, beard: Beard) -> Floats:
    """Density, length, curl and direction of the beard, shares of 1, [..., 4]."""
    cover = beard_cover(positions, lips) * (1 - _step(ears, 0.02, 0.3))
    length = beard.length_mm / _LONGEST_MM * np.sqrt(cover)
    return np.stack(
        [np.sqrt(cover) * beard.density, length, np.full_like(cover, 0.45), 0 * cover], -1
    )


def _top_to_side(positions: Floats, top: float, side: float, back: float) -> Floats:
    high = np.clip((positions[..., 1] - 0.055) / 0.07, 0.0, 1.0)
    behind = np.clip(-positions[..., 2] / 0.08, 0.0, 1.0)
    low = side + (back - side) * behind
    mixed: Floats = low + (top - low) * high * high * (3 - 2 * high)
    return mixed


def _step(values: Floats, low: float, high: float) -> Floats:
    share = np.clip((values - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)
