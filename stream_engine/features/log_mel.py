"""Causal log-mel features: 80 bands, 100 in a second, four to a motion frame."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from stream_engine.errors import ShapeError
from stream_engine.types import F32, MODEL_RATE_HZ, SAMPLES_PER_FRAME, AudioChunk, MelFrames

MEL_BANDS = 80
MEL_HOP = 160
MEL_WINDOW = 400
MELS_PER_FRAME = SAMPLES_PER_FRAME // MEL_HOP
_FFT = 512
MEL_FLOOR = 1e-6
MEL_MEAN, MEL_SCALE = -7.0, 3.5
"""Centre and spread of log energies of speech at normal level."""


@cache
def mel_filters() -> F32:
    """Triangular mel filters of equal area on the Slaney scale.

    Returns:
        float32 [257, 80]; rows are FFT bins 0..8 kHz.

    Source: Slaney 1998, 'Auditory Toolbox'.
    """

    def to_hz(mel: np.ndarray) -> np.ndarray:
        linear = mel * (200.0 / 3.0)
        return np.where(mel < 15.0, linear, 1000.0 * np.exp((mel - 15.0) * np.log(6.4) / 27.0))

    top = 15.0 + np.log(MODEL_RATE_HZ / 2 / 1000.0) / (np.log(6.4) / 27.0)
    edges = to_hz(np.linspace(0.0, top, MEL_BANDS + 2))
    bins = np.fft.rfftfreq(_FFT, 1.0 / MODEL_RATE_HZ)[:, None]
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins - low) / (centre - low)
    falling = (high - bins) / (high - centre)
    triangles = np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (high - low))
    return np.ascontiguousarray(triangles * 100.0, dtype=np.float32)


@cache
def _window() -> F32:
    return np.hanning(MEL_WINDOW + 1)[:-1].astype(np.float32)


def log_mel(samples: F32) -> F32:
    """Features of a run of samples that starts with the 240 samples before its first step.

    Step t ends at sample 240 + 160 (t + 1), so no feature looks ahead of its own 10 ms.

    Args:
        samples: float32 [..., 240 + 160 T], 16 kHz.

    Returns:
        float32 [..., T, 80], about zero mean and unit spread on speech at normal level. The bits
        of a run do not depend on the runs beside it.
    """
    windows = np.lib.stride_tricks.sliding_window_view(samples, MEL_WINDOW, axis=-1)
    return _features(windows[..., ::MEL_HOP, :])


def _features(windows: F32) -> F32:
    spectrum = np.fft.rfft(windows * _window(), _FFT)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    return log_of(power @ mel_filters())


def log_of(energies: F32) -> F32:
    """Energies of the bands as features, float32, shape kept."""
    features: F32 = ((np.log(energies + MEL_FLOOR) - MEL_MEAN) / MEL_SCALE).astype(np.float32)
    return features


@cache
def spectrum_matrices() -> tuple[F32, F32]:
    """Windowed Fourier transform about the window's middle as two products.

    Returns:
        Of the even part of a window, float32 [200, 257], middle sample first; of its odd part,
        float32 [199, 257].
    """
    half = MEL_WINDOW // 2
    turns = np.outer(np.arange(half), np.arange(_FFT // 2 + 1)) * (2.0 * np.pi / _FFT)
    window = _window()[half:, None]
    even, odd = (np.cos(turns) * window), (np.sin(turns) * window)[1:]
    return even.astype(np.float32), odd.astype(np.float32)


def power_of(windows: F32) -> F32:
    """Power spectrum of windows [N, 400], float32 [N, 257], as `log_mel` has it to rounding.

    The window is symmetric, so a real spectrum about its middle needs half of the products.
    """
    half = MEL_WINDOW // 2
    right, left = windows[:, half + 1 :], windows[:, half - 1 : 0 : -1]
    even = np.empty((len(windows), half), np.float32)
    even[:, 0] = windows[:, half]
    np.add(right, left, out=even[:, 1:])
    of_even, of_odd = spectrum_matrices()
    power: F32 = even @ of_even
    imaginary = (right - left) @ of_odd
    np.square(power, out=power)
    np.square(imaginary, out=imaginary)
    power += imaginary
    return power


def silent_past(batch: int) -> F32:
    """Samples before the first, float32 [B, 240], for `hop_features`."""
    return np.zeros((batch, MEL_WINDOW - MEL_HOP), np.float32)


def hop_features(past: F32, samples: F32) -> tuple[F32, F32]:
    """Features of whole motion frames of many streams, those `LogMelExtractor` gives.

    Args:
        past: What came before, float32 [B, 240].
        samples: 16 kHz, float32 [B, 640 H].

    Returns:
        Features float32 [B, 4 H, 80], and the next past.
    """
    run = np.concatenate([past, samples], axis=1)
    # Windows in blocks of 40 ms, for the same bits; numpy's own views take longer than a spectrum.
    frames, (row, sample) = samples.shape[1] // SAMPLES_PER_FRAME, run.strides
    shape = (len(run), frames, MELS_PER_FRAME, MEL_WINDOW)
    strides = (row, SAMPLES_PER_FRAME * sample, MEL_HOP * sample, sample)
    mel = _features(np.ndarray(shape, run.dtype, run, 0, strides))
    return mel.reshape(len(run), -1, MEL_BANDS), run[:, -past.shape[1] :]


class LogMelExtractor:
    """Turns 16 kHz speech into log-mel frames, 40 ms at a time.

    Always computes on blocks of exactly 640 samples, so any chunking gives the same bits.

    Latency: 0 (a block is given out when its last sample is in).
    State: at most 240 samples of past and 639 waiting.
    Thread: any, one at a time.
    Buffers: results are the caller's.
    """

    latency = 0

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything, as if just made."""
        self._past = np.zeros(MEL_WINDOW - MEL_HOP, np.float32)
        self._waiting = np.zeros(0, np.float32)
        self._next = 0

    def feed(self, value: AudioChunk) -> Sequence[MelFrames]:
        """Take samples, return every full 40 ms block of features.

        Args:
            value: 16 kHz mono speech that follows on from the last.

        Returns:
            Blocks of four steps.

        Raises:
            ShapeError: If the rate is not 16 kHz or the samples are not one-dimensional.
        """
        if value.rate_hz != MODEL_RATE_HZ or value.samples.ndim != 1:
            raise ShapeError(
                "features need 16 kHz mono samples",
                got=f"{value.rate_hz} Hz, shape {value.samples.shape}",
                fix="resample first (stream_engine.audio.resampler)",
            )
        self._waiting = np.concatenate([self._waiting, value.samples])
        blocks = []
        while len(self._waiting) >= SAMPLES_PER_FRAME:
            blocks.append(self._take_block())
        return blocks

    def finish(self) -> Sequence[MelFrames]:
        """Fill up the last block with silence and return it.

        Returns:
            One block, or none if the input ended on a boundary.
        """
        if not len(self._waiting):
            return []
        missing = SAMPLES_PER_FRAME - len(self._waiting)
        self._waiting = np.concatenate([self._waiting, np.zeros(missing, np.float32)])
        return [self._take_block()]

    def _take_block(self) -> MelFrames:
        run = np.concatenate([self._past, self._waiting[:SAMPLES_PER_FRAME]])
        self._waiting = self._waiting[SAMPLES_PER_FRAME:]
        self._past = run[SAMPLES_PER_FRAME:]
        start, self._next = self._next, self._next + MELS_PER_FRAME
        return MelFrames(start, log_mel(run))
