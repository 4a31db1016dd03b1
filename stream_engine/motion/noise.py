"""Noise as a pure function of seed and absolute frame: the sampler's start noise, and draws.

Every window that predicts a frame starts it from the same noise, and neighbouring frames from
similar noise, so that successive windows agree and the face does not tremble.
"""

from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from stream_engine.types import F32

_SMOOTHING_FRAMES = 2.0
_REACH = 6
_KEPT_ROWS = 32


@cache
def smoothing_kernel() -> F32:
    """Weights over 13 frames whose squares add up to 1, so that smoothed noise keeps unit spread.

    Returns:
        float32 [13].
    """
    at = np.arange(-_REACH, _REACH + 1)
    weights = np.exp(-0.5 * (at / _SMOOTHING_FRAMES) ** 2)
    kernel: F32 = (weights / np.sqrt((weights**2).sum())).astype(np.float32)
    return kernel


class FrameNoise:
    """Gaussian noise addressed by frame.

    State: none that matters: the white rows of the last 32 frames are kept, because successive
    windows ask for them again. Any window may be asked for in any order.

    Args:
        seed: Any non-negative integer below 2**63.
        coefficients: D.
        shared: Numbers of the coefficients whose noise is that of seed 0 whatever the seed. What
            speech decides takes the same course for every seed then, and the rest varies.
        spread: Spread of each coefficient's noise, float32 [D]; 1 by default. Wider noise gives
            what speech does not decide more variety.
    """

    def __init__(
        self,
        seed: int,
        coefficients: int,
        shared: Sequence[int] = (),
        spread: F32 | None = None,
    ) -> None:
        self._seed = seed
        self._coefficients = coefficients
        self._shared = list(shared)
        self._spread = spread
        self._white = lru_cache(maxsize=_KEPT_ROWS)(self._draw)

    def frames(self, start: int, count: int) -> F32:
        """Noise of frames ``start .. start + count``.

        Args:
            start: First absolute frame, at least 0.
            count: How many.

        Returns:
            float32 [T, D], unit spread, correlated over about five frames.
        """
        white = np.stack([self._white(start + k) for k in range(count + 2 * _REACH)])
        kernel = smoothing_kernel()
        # One product per frame, so that a frame's bits do not depend on the window's length.
        return np.stack([kernel @ white[k : k + 2 * _REACH + 1] for k in range(count)])

    def _draw(self, frame: int) -> F32:
        white = self._draw_of(self._seed, frame)
        if self._shared and self._seed:
            white[self._shared] = self._draw_of(0, frame)[self._shared]
        return white if self._spread is None else white * self._spread

    def _draw_of(self, seed: int, frame: int) -> F32:
        # Philox is counter-based: key = seed, counter = frame. No generator state to carry.
        bits = np.random.Philox(key=seed, counter=[0, 0, frame, 0])
        return np.random.Generator(bits).standard_normal(self._coefficients, dtype=np.float32)


def uniforms(seeds: NDArray[np.uint64], frames: NDArray[np.int64], count: int) -> F32:
    """Draw evenly spread numbers for many sessions at once, a pure function of seed and frame.

    A hash of a counter rather than a generator: what idle life needs is a few numbers for each of
    many sessions, and a generator object per session and frame would cost more than the face.

    Args:
        seeds: One per session, uint64 [B].
        frames: Absolute frame of each, int64 [B]; may be below 0.
        count: Numbers wanted of each, n.

    Returns:
        float32 [B, n], 0 <= u < 1.

    Source: Steele, Lea & Flood 2014, SplitMix64's output function.
    """
    lanes = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0xD1342543DE82EF95)
    keys = _scramble(seeds + np.uint64(0x9E3779B97F4A7C15)) + frames.astype(np.uint64)
    mixed = _scramble(_scramble(keys)[:, None] + lanes)
    # 24 bits are what a float32 below 1 holds exactly.
    out: F32 = (mixed >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)
    return out


def _scramble(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
