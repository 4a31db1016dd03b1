"""From voice as it leaves, 48 kHz, to log-mel, for many sessions at once and as cheaply as can be.

The same filter and features as `audio.resampler` and `features.log_mel`, to rounding: spectra by a
product instead of a transform, since a batch of windows is one product, and resampling in blocks as
short as they can be, since what a block's product multiplies is mostly zeros.
"""

from functools import cache

import numpy as np

from stream_engine.audio.resampler import resampling_matrix, silent_resampler_past
from stream_engine.features.log_mel import (
    MEL_BANDS,
    MEL_HOP,
    MEL_WINDOW,
    log_of,
    mel_filters,
    power_of,
)
from stream_engine.types import F32, MODEL_RATE_HZ, TICKS_PER_SECOND

_RATIO = TICKS_PER_SECOND // MODEL_RATE_HZ
_BLOCK = 32
"""Samples at 16 kHz made by one product of the resampler."""

_TICKS = _RATIO * _BLOCK


@cache
def _resampling() -> F32:
    """What each block of 48 kHz adds to the block it becomes, and to those after it.

    Returns:
        float32 [TICKS, (1 + P / TICKS) BLOCK]; the last BLOCK columns are its own.
    """
    past = silent_resampler_past(1, TICKS_PER_SECOND).shape[1]
    taps = resampling_matrix(TICKS_PER_SECOND)[: past + 1, 0]  # of the first sample, and of any
    matrix = np.zeros((past + _TICKS, _BLOCK), np.float32)
    for sample in range(_BLOCK):
        matrix[_RATIO * sample : _RATIO * sample + len(taps), sample] = taps
    return np.ascontiguousarray(np.concatenate(np.split(matrix, len(matrix) // _TICKS), axis=1))


def quick_mel(voice_past: F32, heard_past: F32, voice: F32) -> tuple[F32, F32, F32]:
    """Features of whole motion frames of many voices.

    Args:
        voice_past: What came before at 48 kHz, float32 [B, P].
        heard_past: What came before at 16 kHz, float32 [B, 240].
        voice: 48 kHz, float32 [B, 1920 T].

    Returns:
        Log-mel float32 [B, 4 T, F], and the two pasts to pass next time.
    """
    batch, matrix = len(voice), _resampling()
    run = np.concatenate([voice_past, voice], axis=1)
    added = (run.reshape(-1, _TICKS) @ matrix).reshape(batch, -1, matrix.shape[1] // _BLOCK, _BLOCK)
    count, reach = voice.shape[1] // _TICKS, added.shape[2]
    heard = added[:, :count, 0].copy()
    for place in range(1, reach):
        heard += added[:, place : place + count, place]
    heard = heard.reshape(batch, -1)
    line = np.concatenate([heard_past, heard], axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(line, MEL_WINDOW, axis=1)[:, ::MEL_HOP]
    energies: F32 = power_of(windows.reshape(-1, MEL_WINDOW)) @ mel_filters()
    mel = log_of(energies).reshape(batch, -1, MEL_BANDS)
    return mel, run[:, run.shape[1] - voice_past.shape[1] :], line[:, -heard_past.shape[1] :]
