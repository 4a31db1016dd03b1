"""Short hair: where it grows and how far it stands off the scalp."""

from __future__ import annotations

import numpy as np

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
_SOFT_M = 0.03
_TOP_M, _SIDE_M, _BACK_M = 0.017, 0.0045, 0.008
_CROWN = (0.0, 0.14, -0.045)


def above_hairline(positions: Floats) -> Floats:
    """Height over the hairline, metres; negative on bare skin."""
    degrees = np.rad2deg(np.arctan2(np.abs(positions[..., 0]), positions[..., 2]))
    height: Floats = positions[..., 1] - np.interp(degrees, _LINE_DEGREES, _LINE_M)
    return height


def volume(positions: Floats, ears: Floats) -> Floats:
    """How far hair stands off the scalp, metres."""
    rise = np.clip(above_hairline(positions) / _SOFT_M, 0.0, 1.0)
    rise = np.sqrt(rise) * rise * (1 - np.clip(ears * 2, 0, 1))
    top = np.clip((positions[..., 1] - 0.055) / 0.07, 0.0, 1.0)
    back = np.clip(-positions[..., 2] / 0.08, 0.0, 1.0)
    low = _SIDE_M + (_BACK_M - _SIDE_M) * back
    tall = low + (_TOP_M - low) * top * top * (3 - 2 * top)
    tall = tall * (1 + 0.10 * fractal_noise(positions / 0.03, 2, seed=11))
    standing: Floats = rise * tall
    return standing


def strand_coordinates(positions: Floats) -> Floats:
    """Across and along the strands, which run outwards from the crown: [..., 2]."""
    local = positions - np.array(_CROWN)
    sway = 0.05 * fractal_noise(positions / 0.035, 2, seed=5)
    across = np.arctan2(np.abs(local[..., 0]), local[..., 2]) + sway
    along = np.linalg.norm(local, axis=-1)
    return np.stack([across, along], axis=-1)
