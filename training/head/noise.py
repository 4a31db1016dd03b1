"""Smooth noise over space, the same on every machine."""

from __future__ import annotations

import numpy as np

from training.head.makehuman import Floats

_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))


def value_noise(points: Floats, seed: int = 0) -> Floats:
    """Noise of mean 0 within -1..1 with one cell per unit: [..., D] to [...], D at most 3."""
    dimensions = points.shape[-1]
    cell = np.floor(points)
    share = points - cell
    share = share * share * (3 - 2 * share)
    corner = cell.astype(np.int64)
    total = np.zeros(points.shape[:-1])
    for place in range(2**dimensions):
        offset = np.array([(place >> k) & 1 for k in range(dimensions)])
        weight = np.prod(np.where(offset, share, 1 - share), axis=-1)
        total += weight * _hash(corner + offset, seed)
    return total


def fractal_noise(points: Floats, octaves: int, seed: int = 0) -> Floats:
    """Sum of noise at doubling frequencies and halving strengths, about -1..1."""
    total = np.zeros(points.shape[:-1])
    for octave in range(octaves):
        total += value_noise(points * 2.0**octave, seed + octave) * 0.5**octave
    return total


def _hash(corner: np.ndarray, seed: int) -> Floats:
    state = np.full(corner.shape[:-1], np.uint64(seed * 7919 + 1))
    for axis in range(corner.shape[-1]):
        state = (state ^ corner[..., axis].astype(np.uint64)) * _MIX[axis]
        state ^= state >> np.uint64(29)
    state *= _MIX[0]
    return (state >> np.uint64(40)).astype(np.float64) / 2**23 - 1.0
