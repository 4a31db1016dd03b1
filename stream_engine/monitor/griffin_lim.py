"""Log-mel back to sound, with numpy alone.

Mel energies become the power of FFT bins by a non-negative fit; phases are found by the fast
Griffin-Lim iteration. Long sounds are made in blocks: each block holds the end of the one before
fixed, so that phases run on and memory stays bounded.

Source: Perraudin, Balazs & Søndergaard 2013, alg. 2; Lucy 1974 (the fit).
"""

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import ConfigError, ShapeError
from stream_engine.features.log_mel import (
    MEL_BANDS,
    MEL_FLOOR,
    MEL_HOP,
    MEL_MEAN,
    MEL_SCALE,
    MEL_WINDOW,
    mel_filters,
)
from stream_engine.types import F32

_FFT = 512
_PAST = MEL_WINDOW - MEL_HOP  # the first step hears so many samples before the sound
_HOPS = -(-MEL_WINDOW // MEL_HOP)
_MOMENTUM = 0.99
_FIT_ROUNDS = 100
_BLOCK, _LEAD, _AHEAD = 1000, 50, 5
_LOUDEST = 5.5
"""In the units of the features; a tone at full scale reaches 4.9."""

_TINY = 1e-12
_LEAST_COVER = 1e-2  # of the squared window, where a sound begins and ends


def mel_to_speech(mel: F32, rounds: int = 60, seed: int = 0) -> F32:
    """Make sound whose features are as close to the given ones as phases allow.

    Args:
        mel: Log-mel in the units of the features, float32 [T, 80].
        rounds: Griffin-Lim iterations.
        seed: Seed of the phases it starts from.

    Returns:
        float32 [160 T] at 16 kHz; its level is that of the features, and may pass 1.

    Raises:
        ShapeError: If the features have another shape, no step, or NaN.
        ConfigError: If there are no rounds.
    """
    if mel.ndim != 2 or mel.shape[1] != MEL_BANDS or not len(mel) or not np.isfinite(mel).all():
        raise ShapeError(
            "features cannot be made sound",
            got=f"shape {mel.shape}" + ("" if np.isfinite(mel).all() else " with NaN or infinity"),
            expected=f"finite [T, {MEL_BANDS}], T > 0",
        )
    if rounds < 1:
        raise ConfigError("too few Griffin-Lim rounds", got=str(rounds), expected=">= 1")
    samples = np.zeros(_PAST + len(mel) * MEL_HOP)  # silence before the first step's hop
    for begin in range(0, len(mel), _BLOCK):
        first = max(0, begin - _LEAD)
        end = min(begin + _BLOCK, len(mel))
        magnitude = np.sqrt(spectral_power(mel[first : end + _AHEAD]))
        known = samples[first * MEL_HOP : begin * MEL_HOP + _PAST]
        made = _find_phases(magnitude, known, rounds, np.random.default_rng((seed, begin)))
        stop = _PAST + (end - first) * MEL_HOP
        samples[first * MEL_HOP : end * MEL_HOP + _PAST] = made[:stop]
    sound: F32 = samples[_PAST:].astype(np.float32)
    return sound


def spectral_power(mel: F32) -> NDArray[np.float64]:
    """Power of FFT bins that explains log-mel features.

    Args:
        mel: Log-mel in the units of the features, float32 [T, 80].

    Returns:
        Not negative, float64 [T, 257].
    """
    filters = mel_filters().astype(np.float64)
    loud = np.minimum(mel.astype(np.float64), _LOUDEST)
    energy = np.maximum(np.exp(loud * MEL_SCALE + MEL_MEAN) - MEL_FLOOR, _TINY)
    reach = np.maximum(filters.sum(axis=1), _TINY)
    power: NDArray[np.float64] = (energy / filters.sum(axis=0)) @ filters.T / reach + _TINY
    for _ in range(_FIT_ROUNDS):  # multiplicative: never negative, relative error falls
        power *= (energy / (power @ filters + _TINY)) @ filters.T / reach
    return power


def _find_phases(
    magnitude: NDArray[np.float64],
    known: NDArray[np.float64],
    rounds: int,
    random: np.random.Generator,
) -> NDArray[np.float64]:
    """Samples [240 + 160 T] that begin with ``known`` and have the magnitudes [T, 257]."""
    target = magnitude * np.exp(2j * np.pi * random.random(magnitude.shape))
    before = target
    for _ in range(rounds):
        samples = _overlap_add(target)
        samples[: len(known)] = known
        consistent = _spectra(samples)
        ahead = consistent + _MOMENTUM * (consistent - before)
        before = consistent
        target = magnitude * ahead / np.maximum(np.abs(ahead), _TINY)
    samples = _overlap_add(target)
    samples[: len(known)] = known
    return samples


def _window() -> NDArray[np.float64]:
    return np.hanning(MEL_WINDOW + 1)[:-1]


def _spectra(samples: NDArray[np.float64]) -> NDArray[np.complex128]:
    windows = np.lib.stride_tricks.sliding_window_view(samples, MEL_WINDOW)[::MEL_HOP]
    return np.fft.rfft(windows * _window(), _FFT)


def _overlap_add(spectra: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Least-squares inverse of `_spectra`, float64 [240 + 160 T]."""
    pieces = np.fft.irfft(spectra, _FFT)[:, :MEL_WINDOW] * _window()
    cover = np.broadcast_to(_window() ** 2, pieces.shape)
    length = _PAST + len(spectra) * MEL_HOP
    samples: NDArray[np.float64] = _sum_shifted(pieces)[:length]
    return samples / np.maximum(_sum_shifted(cover)[:length], _LEAST_COVER)


def _sum_shifted(pieces: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of windows, each a hop after the last: one addition for each hop of a window."""
    steps = len(pieces)
    wide = np.zeros((steps, _HOPS * MEL_HOP))
    wide[:, :MEL_WINDOW] = pieces
    total = np.zeros((steps + _HOPS - 1, MEL_HOP))
    for k in range(_HOPS):
        total[k : k + steps] += wide[:, k * MEL_HOP : (k + 1) * MEL_HOP]
    return total.reshape(-1)
