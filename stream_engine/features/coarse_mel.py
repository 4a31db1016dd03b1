"""A mel that a face can be heard to draw: few bands, 20 ms, in spreads of its own voice."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from stream_engine.types import F32

COARSE_BANDS = 20
MELS_PER_STEP = 2
_QUIET, _LOUD, _SHARE = 5.0, 95.0, 0.35
_LEAST_RANGE = 0.5
_HANG_STEPS = 6
_LEAST_SPREAD = 0.3


def coarse_mel(mel: F32) -> F32:
    """Mean over two steps and four bands.

    Args:
        mel: Features, float32 [..., 2 U, F].

    Returns:
        float32 [..., U, C].
    """
    *batch, steps, bands = mel.shape
    split = mel.reshape(*batch, steps // MELS_PER_STEP, MELS_PER_STEP, bands)
    coarse = (split[..., 0, :] + split[..., 1, :]) @ _means(bands)  # one product, so quick
    return coarse.astype(np.float32, copy=False)


@cache
def _means(bands: int) -> F32:
    """Of the bands of two steps that were added, float32 [F, C]."""
    each = bands // COARSE_BANDS
    share = np.float32(1.0 / (MELS_PER_STEP * each))
    return np.kron(np.eye(COARSE_BANDS), np.full((each, 1), share)).astype(np.float32)


def speech_steps(coarse: F32) -> NDArray[np.bool_]:
    """Where somebody speaks in a quiet recording: well above its quietest, and just after.

    Args:
        coarse: float32 [U, C].

    Returns:
        bool [U].
    """
    level = coarse.mean(axis=-1)
    low, high = np.percentile(level, [_QUIET, _LOUD])
    if high - low < _LEAST_RANGE:
        return np.zeros(len(level), np.bool_)
    loud = level > low + _SHARE * (high - low)
    near = np.convolve(loud, np.ones(2 * _HANG_STEPS + 1), mode="same") > 0.5
    return np.asarray(near, np.bool_)


def in_spreads(coarse: F32, spoken: NDArray[np.bool_]) -> F32:
    """Take the voice out: distance from its mean in its spreads, band by band.

    Args:
        coarse: float32 [U, C].
        spoken: Steps that count, bool [U]; all if there are none.

    Returns:
        float32 [U, C].
    """
    voice = coarse[spoken] if spoken.any() else coarse
    spread = np.maximum(voice.std(axis=0), _LEAST_SPREAD)
    plain: F32 = ((coarse - voice.mean(axis=0)) / spread).astype(np.float32)
    return plain
