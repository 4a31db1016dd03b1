"""Overlap blending: fading from what earlier windows predicted to what the newest one says.

::

    window k      │ hop │   lookahead   │
    window k+1          │ hop │   lookahead   │
    blend               ├ fade ┤  weight of window k falls to nothing over the overlap

"""

import numpy as np

from stream_engine.motion.window import LatencyProfile
from stream_engine.types import F32


def fade_weights(profile: LatencyProfile, strength: float) -> F32:
    """Weight of the older prediction for each frame of the overlap.

    Falls linearly from ``strength`` at the frame about to be emitted; the newest window has seen
    more speech, so it must dominate from the start.

    Args:
        profile: Hop and lookahead.
        strength: Weight of the older prediction at the first overlapping frame, 0..0.5.

    Returns:
        float32 [L], L lookahead frames.
    """
    lookahead = profile.lookahead_frames
    return (strength * (1.0 - np.arange(lookahead) / lookahead)).astype(np.float32)


class OverlapBlender:
    """Blends each window's prediction with the lookahead of the one before; pure, batched.

    State: none; the held-over lookahead [B, L, D] is the caller's.
    """

    def __init__(self, profile: LatencyProfile, strength: float = 0.25) -> None:
        self._hop = profile.hop_frames
        self._weights = fade_weights(profile, strength)[:, None]  # [L, 1]

    def blend(self, window: F32, held: F32, has_held: F32) -> tuple[F32, F32]:
        """Blend one window.

        Args:
            window: Newest prediction, float32 [B, H + L, D].
            held: Lookahead kept from the last window, float32 [B, L, D].
            has_held: 1 where there is such, 0 for a stream's first window, float32 [B].

        Returns:
            The frames now final [B, H, D], and the lookahead to hold [B, L, D].
        """
        overlap = held.shape[1]
        older = self._weights * has_held[:, None, None]
        blended = window.copy()
        blended[:, :overlap] += older * (held - window[:, :overlap])
        return blended[:, : self._hop], blended[:, self._hop :]
