"""Start noise of the sampler, a pure function of seed and absolute frame.

Every window that predicts a frame starts it from the same noise, and neighbouring frames from
similar noise, so that successive windows agree and the face does not tremble.
"""

from functools import cache, lru_cache

import numpy as np

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
    """

    def __init__(self, seed: int, coefficients: int) -> None:
        self._seed = seed
        self._coefficients = coefficients
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
        # Philox is counter-based: key = seed, counter = frame. No generator state to carry.
        bits = np.random.Philox(key=self._seed, counter=[0, 0, frame, 0])
        return np.random.Generator(bits).standard_normal(self._coefficients, dtype=np.float32)
