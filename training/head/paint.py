"""Paints the skin texture: complexion, lips, brows, hair, clothes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.head.hair import above_hairline, strand_coordinates
from training.head.makehuman import Floats
from training.head.noise import fractal_noise, value_noise

_SKIN = (0.800, 0.622, 0.532)
_BLUSH = (0.800, 0.470, 0.420)
_LIPS = (0.735, 0.445, 0.420)
_HAIR = (0.165, 0.115, 0.085)
_CLOTH = (0.235, 0.285, 0.345)
_SHADE = (0.60, 0.43, 0.39)
_STUBBLE = (0.52, 0.44, 0.41)

# Brow arch of one side: distance from the middle, height, half thickness, metres.
_BROW_X = (0.010, 0.016, 0.026, 0.037, 0.046, 0.054)
_BROW_Y = (0.0565, 0.0580, 0.0605, 0.0632, 0.0622, 0.0578)
_BROW_HALF = (0.0034, 0.0045, 0.0044, 0.0038, 0.0028, 0.0008)

# The collar: height where the head's axis meets it, rise towards the back, width of its band.
_COLLAR_M, _COLLAR_SLOPE, _COLLAR_BAND_M = -0.131, 0.42, 0.011


def paint_skin(positions: Floats, lips: Floats, ears: Floats, rims: Floats) -> NDArray[np.uint8]:
    """Give colour and gloss of every texel.

    Args:
        positions: Where the texel lies on the hairless head, metres, [H, W, 3].
        lips: 1 on the lips, [H, W].
        ears: 1 on the ears, [H, W].
        rims: 1 on the rim of the eyelids, [H, W].

    Returns:
        Square root of linear colour, and gloss, uint8 [H, W, 4].
    """
    color, gloss = _complexion(positions, ears)
    color = _lay(color, np.array(_SHADE) * (0.86, 0.72, 0.72), 0.75 * rims)
    color, gloss = _lip_color(positions, lips, color, gloss)
    color, gloss = _brows(positions, color, gloss)
    color, gloss = _hair(positions, ears, color, gloss)
    color, gloss = _clothes(positions, color, gloss)
    # The shader squares what it reads, which is all but free, to get linear light.
    stored = np.sqrt(_to_linear(np.clip(color, 0, 1)))
    packed = np.concatenate([stored, gloss[..., None]], axis=-1)
    texels: NDArray[np.uint8] = np.round(np.clip(packed, 0, 1) * 255).astype(np.uint8)
    return texels


def _complexion(positions: Floats, ears: Floats) -> tuple[Floats, Floats]:
    mottle = fractal_noise(positions / 0.011, 3, seed=1)
    fine = value_noise(positions / 0.0009, seed=2)
    color = np.array(_SKIN) * (1 + 0.028 * mottle + 0.022 * fine)[..., None]
    red = (
        0.42 * _spot(positions, (0.041, 0.000, 0.080), 0.024)
        + 0.40 * _spot(positions, (0.0, 0.000, 0.118), 0.013)
        + 0.22 * _spot(positions, (0.0, -0.066, 0.098), 0.016)
        + 0.45 * np.clip(ears, 0, 1)
        + 0.05 * mottle
    )
    color = _lay(color, _BLUSH, np.clip(red, 0, 1))
    # The sockets are darker, the lids pinkish; a faint beard shadow round the mouth.
    socket = _spot(positions, (0.030, 0.030, 0.090), 0.013) + 0.8 * _spot(
        positions, (0.018, 0.041, 0.092), 0.009
    )
    color = _lay(color, _SHADE, np.clip(0.36 * socket, 0, 1))
    low = np.clip((-0.008 - positions[..., 1]) / 0.02, 0, 1)
    low *= np.clip((positions[..., 1] + 0.100) / 0.03, 0, 1)
    beard = low * np.clip((positions[..., 2] - 0.01) / 0.03, 0, 1)
    beard *= 1 - _spot(positions, (0.042, -0.012, 0.085), 0.014)
    dots = np.clip(0.75 + 0.6 * value_noise(positions / 0.0011, seed=3), 0, 1)
    color = _lay(color, _STUBBLE, 0.20 * beard * dots)
    oily = 0.34 + 0.16 * _spot(positions, (0.0, 0.02, 0.11), 0.035)
    oily = oily + 0.12 * _spot(positions, (0.0, 0.085, 0.10), 0.03)
    return color, oily * (1 + 0.30 * fine + 0.12 * mottle)


def _lip_color(
    positions: Floats, lips: Floats, color: Floats, gloss: Floats
) -> tuple[Floats, Floats]:
    soft = _step(lips, 0.25, 0.85)
    lines = value_noise(np.stack([positions[..., 0] / 0.0011, positions[..., 1] / 0.006], -1), 4)
    painted = np.array(_LIPS) * (1 + 0.025 * lines)[..., None]
    corner = _spot(positions, (0.0245, -0.0302, 0.096), 0.0042)
    color = _lay(color, np.array(_SHADE) * 0.85, 0.45 * corner)
    gloss = (gloss + (0.58 - gloss) * soft) * (1 - 0.85 * corner)
    return _lay(color, painted, 0.80 * soft), gloss


def _brows(positions: Floats, color: Floats, gloss: Floats) -> tuple[Floats, Floats]:
    x, y = np.abs(positions[..., 0]), positions[..., 1]
    off = y - np.interp(x, _BROW_X, _BROW_Y)
    half = np.interp(x, _BROW_X, _BROW_HALF, left=0.0, right=0.0)
    # Hairs lean outwards, steeply at the inner end.
    lean = np.interp(x, (0.010, 0.054), (0.6, 2.0))
    across = np.stack([(x - off * lean) / 0.00085, (x + off) / 0.004], axis=-1)
    hairs = 0.5 + 0.5 * value_noise(across, seed=6)
    inside = np.clip(1.25 - (off / np.maximum(half, 1e-5)) ** 2, 0, 1)
    inside *= _step(x, 0.0085, 0.0165) * (1 - _step(x, 0.048, 0.055))
    inside *= (half > 0) * (positions[..., 2] > 0.03)
    cover = np.clip(inside * (0.52 + 0.60 * hairs), 0, 0.93)
    return _lay(color, np.array(_HAIR) * 1.10, cover * 0.90), gloss * (1 - 0.75 * cover)


def _hair(positions: Floats, ears: Floats, color: Floats, gloss: Floats) -> tuple[Floats, Floats]:
    strands = strand_coordinates(positions)
    across, along = strands[..., 0], strands[..., 1]
    clumps = value_noise(np.stack([across * 24, along / 0.040], -1), seed=7)
    thick = value_noise(np.stack([across * 70, along / 0.022], -1), seed=8)
    thin = value_noise(np.stack([across * 170, along / 0.014], -1), seed=9)
    speckle = value_noise(positions / 0.0010, seed=10)
    streak = 0.34 * clumps + 0.34 * thick + 0.36 * thin
    height = above_hairline(positions)
    rough = 0.0040 * thick + 0.0035 * thin + 0.0065 * clumps
    grown = _step(height + rough, -0.004, 0.0085) * (1 - _step(ears, 0.25, 0.6))
    tone = np.clip(1.0 + 0.62 * streak, 0.35, 1.9)
    # Roots at the hairline are lighter: skin shows through.
    painted = np.array(_HAIR) * tone[..., None]
    scalp = _lay(color, np.array(_HAIR) * 1.6, 0.45 * _step(height, -0.012, 0.012) * (ears < 0.3))
    # Clipped short at the sides, where skin shows between the hairs.
    clipped = 1 - _step(positions[..., 1], 0.035, 0.085)
    grown = grown * (1 - clipped * np.clip(0.30 + 0.35 * thin + 0.2 * speckle, 0.0, 0.7))
    return _lay(scalp, painted, grown), gloss * (1 - grown) + 0.22 * (1 + 0.9 * streak) * grown


def _clothes(positions: Floats, color: Floats, gloss: Floats) -> tuple[Floats, Floats]:
    # A crew neck lies in a plane that rises to the back.
    below = _COLLAR_M - _COLLAR_SLOPE * positions[..., 2] - positions[..., 1]
    worn = _step(below, -0.0006, 0.0006)
    weave = value_noise(positions / 0.0016, seed=12)
    band = _COLLAR_BAND_M
    around = np.arctan2(positions[..., 0], positions[..., 2] + 0.02)
    rib = 0.09 * np.sin(around * 150) * (below < band)
    rib -= 0.30 * np.exp(-(((below - band) / 0.0010) ** 2))
    cloth = np.array(_CLOTH) * (1 + 0.03 * weave + rib)[..., None]
    shadow = np.exp(-np.clip(-below, 0, None) / 0.004) * (1 - worn) * 0.35
    color = _lay(color, np.array(_SHADE) * 0.7, shadow)
    return _lay(color, cloth, worn), gloss * (1 - worn) + 0.03 * worn


def _to_linear(color: Floats) -> Floats:
    linear: Floats = np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
    return linear


def _lay(under: Floats, over: Floats | Sequence[float], cover: Floats) -> Floats:
    laid: Floats = under + (np.asarray(over) - under) * cover[..., None]
    return laid


def _spot(positions: Floats, middle: Sequence[float], radius: float) -> Floats:
    """Soft spot on both sides of the face."""
    mirrored = positions * (1.0, 1.0, 1.0)
    mirrored[..., 0] = np.abs(mirrored[..., 0])
    away: Floats = ((mirrored - np.array(middle)) ** 2).sum(axis=-1)
    return np.exp(-away / (2 * radius**2))


def _step(values: Floats, low: float, high: float) -> Floats:
    share = np.clip((values - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)
