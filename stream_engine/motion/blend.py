"""Overlap blending: fading from what earlier windows predicted to what the newest one says.

::

    window k      │ hop │   lookahead   │
    window k+1          │ hop │   lookahead   │
    blend               ├ fade ┤  weight of window k falls to nothing over the overlap

"""

from functools import cache

import numpy as np

from stream_engine.types import F32


@cache
def fade_weights(lookahead: int, strength: float) -> F32:
    """Weight of the older prediction for each frame of the overlap.

    Falls linearly from ``strength`` at the frame about to be emitted; the newest window has seen
    more speech, so it must dominate from the start.

    Args:
        lookahead: Frames of the overlap, L.
        strength: Weight of the older prediction at the first overlapping frame, 0..0.5.

    Returns:
        float32 [L].
    """
    return (strength * (1.0 - np.arange(lookahead) / lookahead)).astype(np.float32)


class OverlapBlender:
    """Blends each window's prediction with the lookahead of the one before; pure, batched.

    State: none; the held-over lookahead [B, L, D] is the caller's.

    Args:
        strength: See `fade_weights`.
    """

    def __init__(self, strength: float = 0.25) -> None:
        self._strength = strength

    def blend(self, window: F32, held: F32, has_held: F32) -> F32:
        """Blend one window.

        Args:
            window: Newest prediction, float32 [B, T, D].
            held: What the last window said of its first frames, float32 [B, L, D].
            has_held: 1 where there is such, 0 for a stream's first window, float32 [B].

        Returns:
            float32 [B, T, D]: what becomes final of it, and what is held for the next.
        """
        overlap = held.shape[1]
        weights = fade_weights(overlap, self._strength)[:, None]
        older = weights * has_held[:, None, None]
        blended = window.copy()
        blended[:, :overlap] += older * (held - window[:, :overlap])
        return blended
