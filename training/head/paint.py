"""Paints the skin texture: complexion, age, lips, brows, scalp, clothes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from stream_engine.mesh.srgb import to_linear
from training.head.hair import above_hairline, beard_cover
from training.head.looks import Complexion, Looks
from training.head.makehuman import Floats
from training.head.noise import fractal_noise, value_noise
from training.head.strokes import draw_brow

# The collar: height where the head's axis meets it, rise towards the back, width of its band.
_COLLAR_M, _COLLAR_SLOPE, _COLLAR_BAND_M = -0.131, 0.42, 0.011
_LEVELS = 127  # a bit less a channel makes the file a third smaller and is not seen

# Lines of age: (distance from the middle, height) along each, depth; one side, metres.
_LINES: tuple[tuple[tuple[tuple[float, float], ...], float], ...] = (
    (((0.0, 0.0780), (0.018, 0.0795), (0.038, 0.0775)), 0.55),
    (((0.0, 0.0880), (0.020, 0.0900), (0.042, 0.0870)), 0.60),
    (((0.0, 0.0985), (0.018, 0.1000), (0.036, 0.0975)), 0.40),
    (((0.0045, 0.0500), (0.0055, 0.0570), (0.0065, 0.0640)), 0.50),
    (((0.0175, 0.0060), (0.0225, -0.0080), (0.0290, -0.0230), (0.0315, -0.0330)), 0.85),
    (((0.0510, 0.0395), (0.0575, 0.0420), (0.0640, 0.0470)), 0.55),
    (((0.0515, 0.0360), (0.0590, 0.0360), (0.0660, 0.0370)), 0.60),
    (((0.0505, 0.0325), (0.0570, 0.0295), (0.0630, 0.0255)), 0.50),
    (((0.0160, 0.0300), (0.0240, 0.0225), (0.0330, 0.0205), (0.0420, 0.0235)), 0.75),
    (((0.0190, 0.0260), (0.0270, 0.0160), (0.0370, 0.0135)), 0.40),
    (((0.0255, -0.0370), (0.0285, -0.0480), (0.0290, -0.0580)), 0.50),
)
_LINE_WIDTH_M = 0.0010


@dataclass(frozen=True, slots=True)
class Masks:
    """What MakeHuman's own masks say of each texel, 0..1, [H, W].

    Attributes:
        lips: 1 on the lips.
        ears: 1 on the ears.
        rims: 1 on the rim of the eyelids.
    """

    lips: Floats
    ears: Floats
    rims: Floats


def paint_skin(positions: Floats, masks: Masks, looks: Looks) -> NDArray[np.uint8]:
    """Give colour and gloss of every texel.

    Args:
        positions: Where the texel lies on the default avatar's hairless head, metres, [H, W, 3].
        masks: Lips, ears and lids.
        looks: Who is painted.

    Returns:
        Square root of linear colour, and gloss, uint8 [H, W, 4].
    """
    skin = looks.complexion
    color, gloss = _complexion(positions, masks.ears, skin)
    color = _age(positions, color, skin)
    lid = np.array(skin.shade) * (0.95, 0.78, 0.76)
    color = _lay(color, lid, 0.70 * masks.rims)
    gloss = gloss + (0.62 - gloss) * np.clip(masks.rims * 1.4 - 0.3, 0, 1)  # wet
    color, gloss = _lip_color(positions, masks.lips, color, gloss, skin)
    color, gloss = _brows(positions, color, gloss, looks)
    color, gloss = _scalp(positions, masks, color, gloss, looks)
    color, gloss = _clothes(positions, color, gloss, looks)
    # The shader squares what it reads, which is all but free, to get linear light.
    stored = np.sqrt(to_linear(np.clip(color, 0, 1)))
    packed = np.concatenate([stored, np.round(gloss * 16)[..., None] / 16], axis=-1)
    texels = np.round(np.clip(packed, 0, 1) * _LEVELS) * (255 / _LEVELS)
    painted: NDArray[np.uint8] = np.round(texels).astype(np.uint8)
    return painted


def _complexion(positions: Floats, ears: Floats, skin: Complexion) -> tuple[Floats, Floats]:
    mottle = fractal_noise(positions / 0.011, 3, seed=1)
    patches = fractal_noise(positions / 0.0035, 2, seed=21)
    color = np.array(skin.skin) * (1 + 0.030 * mottle)[..., None]
    # A forehead is yellower, the middle of a face redder, a jaw cooler.
    high, low = _step(positions[..., 1], 0.05, 0.10), 1 - _step(positions[..., 1], -0.07, -0.01)
    color = color * (1 + 0.03 * high[..., None] * (0.6, 0.4, -0.6))
    color = color * (1 - 0.05 * low[..., None] * (0.9, 0.55, 0.2))
    red = (
        0.46 * _spot(positions, (0.040, -0.002, 0.080), 0.021)
        + 0.46 * _spot(positions, (0.0, 0.000, 0.118), 0.012)
        + 0.25 * _spot(positions, (0.014, 0.000, 0.100), 0.008)
        + 0.20 * _spot(positions, (0.0, -0.066, 0.098), 0.015)
        + 0.14 * _spot(positions, (0.0, 0.052, 0.105), 0.012)
        + 0.50 * np.clip(ears, 0, 1)
        + (0.075 + 0.07 * skin.age) * mottle
        + 0.065 * patches
    )
    color = _lay(color, skin.blush, np.clip(red, 0, 1))
    # The sockets are darker, the lids pinkish; folds beside the nose and under the lip.
    socket = _spot(positions, (0.030, 0.030, 0.090), 0.012) + 0.9 * _spot(
        positions, (0.018, 0.041, 0.092), 0.008
    )
    fold = 0.7 * _spot(positions, (0.0175, -0.001, 0.094), 0.0045)
    fold = fold + 0.45 * _spot(positions, (0.0, -0.0535, 0.098), 0.007)
    color = _lay(color, skin.shade, np.clip((0.40 + 0.15 * skin.age) * socket + fold * 0.4, 0, 1))
    beard = beard_cover(positions, np.zeros_like(ears))
    dots = np.clip(0.75 + 0.6 * value_noise(positions / 0.0013, seed=3), 0, 1)
    color = _lay(color, np.array(skin.shade) * (0.85, 0.95, 1.02), skin.stubble * beard * dots)
    oily = 0.36 + 0.18 * _spot(positions, (0.0, 0.02, 0.11), 0.030)
    oily = oily + 0.12 * _spot(positions, (0.0, 0.085, 0.10), 0.03)
    oily = oily + 0.06 * _spot(positions, (0.045, 0.005, 0.080), 0.014)
    oily = oily - 0.10 * _spot(positions, (0.030, 0.028, 0.090), 0.012)
    return color, oily * skin.oil * (1 + 0.12 * mottle)


def _age(positions: Floats, color: Floats, skin: Complexion) -> Floats:
    """Lines and spots: a groove in shade, its lower rim a little lighter."""
    if skin.age == 0.0:
        return color
    x, y = np.abs(positions[..., 0]), positions[..., 1]
    wander = 0.0011 * fractal_noise(positions / 0.012, 2, seed=31)
    groove = np.zeros(x.shape)
    rim = np.zeros(x.shape)
    for points, depth in _LINES:
        corners = np.array(points)
        off, ends = _off_line(x, y + wander, corners)
        groove = np.maximum(groove, depth * ends * np.exp(-((off / _LINE_WIDTH_M) ** 2)))
        lower = np.exp(-(((np.abs(off) - 2.2 * _LINE_WIDTH_M) / (1.5 * _LINE_WIDTH_M)) ** 2))
        rim = np.maximum(rim, depth * ends * lower)
    front = positions[..., 2] > 0.02
    color = color * (1 + 0.05 * skin.age * (rim * front)[..., None])
    dark = np.clip(0.75 * skin.age * groove * front, 0, 1)
    color = _lay(color, np.array(skin.shade) * 0.94, dark)
    spots = np.clip(fractal_noise(positions / 0.0065, 2, seed=33) - 0.72, 0, 0.3) / 0.3
    return _lay(color, np.array(skin.shade) * (1.05, 0.98, 0.85), 0.5 * skin.age * spots)


def _off_line(x: Floats, y: Floats, corners: Floats) -> tuple[Floats, Floats]:
    """Distance from a line through corners, and how far from its ends, 0..1."""
    best = np.full(x.shape, np.inf)
    along = np.zeros(x.shape)
    for number, (start, end) in enumerate(pairwise(corners)):
        run = end - start
        share = ((x - start[0]) * run[0] + (y - start[1]) * run[1]) / (run @ run)
        share = np.clip(share, 0, 1)
        off = np.hypot(x - start[0] - share * run[0], y - start[1] - share * run[1])
        along = np.where(off < best, (number + share) / (len(corners) - 1), along)
        best = np.minimum(best, off)
    first = 1.0 if corners[0, 0] == 0.0 else _step(along, 0.0, 0.25)
    return best, first * (1 - _step(along, 0.70, 1.0))


def _lip_color(
    positions: Floats, lips: Floats, color: Floats, gloss: Floats, skin: Complexion
) -> tuple[Floats, Floats]:
    soft = _step(lips, 0.25, 0.85)
    x, y = positions[..., 0], positions[..., 1]
    lines = value_noise(np.stack([x / 0.0012, y / 0.009], -1), 4)
    lines = lines + 0.6 * value_noise(np.stack([x / 0.0025, y / 0.012], -1), 24)
    # Fuller and lighter in the middle, darker towards the line between the lips.
    middle = _spot(positions, (0.0, -0.0385, 0.105), 0.011)
    painted = np.array(skin.lips) * (0.97 + 0.045 * lines + 0.10 * middle)[..., None]
    between = np.exp(-(((y + 0.0300 + 0.02 * np.abs(x)) / 0.0022) ** 2)) * soft
    corner = _spot(positions, (0.0245, -0.0302, 0.096), 0.0042)
    color = _lay(color, np.array(skin.shade) * 0.85, 0.40 * corner)
    gloss = gloss + (0.66 + 0.10 * lines - gloss) * soft
    gloss = gloss * (1 - 0.85 * corner)
    color = _lay(color, painted, skin.lip_cover * soft)
    return _lay(color, np.array(skin.lips) * 0.62, 0.45 * between), gloss


def _brows(positions: Floats, color: Floats, gloss: Floats, looks: Looks) -> tuple[Floats, Floats]:
    brow = draw_brow(looks.brow_hairs, looks.brow_width, seed=6)
    cover = brow.at(positions)
    under = brow.shade_at(positions)  # skin under hairs is in their shade
    color = _lay(color, np.array(looks.complexion.shade), 0.6 * under)
    color = _lay(color, np.array(looks.brow), 0.22 * under)
    return _lay(color, np.array(looks.brow), 0.85 * cover), gloss * (1 - np.clip(1.5 * under, 0, 1))


def _scalp(
    positions: Floats, masks: Masks, color: Floats, gloss: Floats, looks: Looks
) -> tuple[Floats, Floats]:
    """Hair seen from far: what is between the strands that the renderer lays over it."""
    hair = looks.hair
    height = above_hairline(positions, hair.recede_m)
    rough = 0.0035 * fractal_noise(positions / 0.0045, 2, seed=8)
    grown = _step(height + rough, -0.006, 0.017) * (1 - _step(masks.ears, 0.15, 0.5))
    tone = 0.62 + 0.16 * fractal_noise(positions / 0.004, 2, seed=7)
    cover = grown * (0.45 + 0.5 * hair.density)
    color = _lay(color, np.array(hair.color) * tone[..., None], cover)
    if looks.beard is not None:
        beard = beard_cover(positions, masks.lips) * 0.6 * looks.beard.density
        color = _lay(color, np.array(looks.beard.color) * 0.72, beard)
        gloss = gloss * (1 - 0.8 * beard)
    return color, gloss * (1 - cover)


def _clothes(
    positions: Floats, color: Floats, gloss: Floats, looks: Looks
) -> tuple[Floats, Floats]:
    # A crew neck lies in a plane that rises to the back.
    below = _COLLAR_M - _COLLAR_SLOPE * positions[..., 2] - positions[..., 1]
    worn = _step(below, -0.0006, 0.0006)
    band = _COLLAR_BAND_M
    around = np.arctan2(positions[..., 0], positions[..., 2] + 0.02)
    # Shoulders lie along that plane: the band's edge would wander all over them.
    near = 1 - _step(np.hypot(positions[..., 0], positions[..., 2] + 0.02), 0.098, 0.112)
    rib = 0.07 * np.sin(around * 130) * (below < band) * near
    seam = np.exp(-(((below - band) / 0.0010) ** 2)) * near
    fold = fractal_noise(positions * (1.0, 0.35, 0.6) / 0.035, 2, seed=13)
    cloth = np.array(looks.cloth) * (1 + rib - 0.30 * seam + 0.05 * fold)[..., None]
    shadow = np.exp(-np.clip(-below, 0, None) / 0.005) * (1 - worn) * 0.45
    color = _lay(color, np.array(looks.complexion.shade) * 0.62, shadow)
    return _lay(color, cloth, worn), gloss * (1 - worn) + 0.10 * worn


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
