"""Any rate to the rate the model hears, or to that of the voice, chunk by chunk, without waiting.

Ten milliseconds of input make exactly 160 samples at 16 kHz, 480 at 48 kHz, so one block of
resampling is one constant matrix (20 or 40 ms where 10 are no whole number of samples, as at
22,050 Hz). The filter is linear-phase and its group delay (2 ms) is left in: taking it out would
mean waiting for the next packet, 20 ms, to win 2. (soxr's stream holds 15 to 37 ms back.)
"""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np

from stream_engine.audio.check import check_rate, checked
from stream_engine.errors import AudioError
from stream_engine.types import F32, MODEL_RATE_HZ, TICKS_PER_SECOND, AudioChunk

_BLOCKS_PER_SECOND = (100, 50, 25)
_GROUP_DELAY_S = 0.002
_KAISER_BETA = 7.0
_PASS = 0.9  # of the lower Nyquist frequency


def _past_samples(rate_hz: int) -> int:
    return math.ceil(2 * rate_hz * _GROUP_DELAY_S)


def block_samples(rate_hz: int) -> int:
    """Input samples of one block, which make a whole number of output samples.

    Args:
        rate_hz: Rate of the input.

    Returns:
        Those of 10 ms, or of 20 or 40 where 10 are no whole number.

    Raises:
        AudioError: If not even 40 ms are.
    """
    for blocks in _BLOCKS_PER_SECOND:
        if rate_hz % blocks == 0:
            return rate_hz // blocks
    raise AudioError(
        "sample rate cannot be streamed",
        got=f"{rate_hz} Hz",
        expected=f"a multiple of {_BLOCKS_PER_SECOND[-1]} Hz",
        fix="use 8000, 16000, 22050, 24000, 44100 or 48000 Hz",
    )


@cache
def resampling_matrix(rate_hz: int, to_hz: int = MODEL_RATE_HZ) -> F32:
    """Windowed-sinc filter of one block: the past and the block to its output samples.

    Args:
        rate_hz: Rate of the input, a multiple of 25.
        to_hz: Rate of the output, a multiple of 100.

    Returns:
        float32 [past + block, 160] for 10 ms to 16 kHz; past is twice the group delay.
    """
    reach = rate_hz * _GROUP_DELAY_S
    past, block = _past_samples(rate_hz), block_samples(rate_hz)
    centre = np.arange(block * to_hz // rate_hz) * (rate_hz / to_hz) + past - reach
    offset = np.arange(past + block)[:, None] - centre
    cutoff = _PASS * min(1.0, to_hz / rate_hz)
    inside = np.sqrt(np.clip(1.0 - (offset / (reach + 1)) ** 2, 0.0, None))
    window = np.where(np.abs(offset) <= reach, np.i0(_KAISER_BETA * inside), 0.0)
    taps = np.sinc(cutoff * offset) * window
    return np.ascontiguousarray(taps / taps.sum(axis=0), dtype=np.float32)


def silent_resampler_past(batch: int, rate_hz: int) -> F32:
    """Samples before the first, float32 [B, P]: the first output needs so many and one more."""
    return np.zeros((batch, _past_samples(rate_hz)), np.float32)


class Resampler:
    """Streams mono audio to another rate; any chunking gives the same bits.

    Latency: 0; whole blocks come out at once, delayed in phase by ``group_delay``.
    State: less than a block waiting, and 4 ms of past.
    Thread: any, one at a time.
    Buffers: results are the caller's.

    Args:
        rate_hz: Rate of the input, a multiple of 25.
        to_hz: Rate of the output, a multiple of 100.

    Raises:
        AudioError: If the rate cannot be used.
    """

    latency = 0

    def __init__(self, rate_hz: int, to_hz: int = MODEL_RATE_HZ) -> None:
        check_rate(rate_hz)
        self._rate_hz = rate_hz
        self._to_hz = to_hz
        self._block = block_samples(rate_hz)
        self.reset()

    @property
    def group_delay(self) -> int:
        """How much later a sound sits in the output than in the input, in ticks."""
        return 0 if self._rate_hz == self._to_hz else round(_GROUP_DELAY_S * TICKS_PER_SECOND)

    def reset(self) -> None:
        """Forget everything, as if just made."""
        self._past = np.zeros(_past_samples(self._rate_hz), np.float32)
        self._waiting = np.zeros(0, np.float32)
        self._taken = 0
        self._given = 0

    def hush(self) -> None:
        """Forget what was heard, but not how much."""
        self._past[:] = 0.0
        self._waiting = np.zeros_like(self._waiting)

    def feed(self, value: AudioChunk) -> Sequence[AudioChunk]:
        """Take samples, return what became ready.

        Args:
            value: Mono samples that follow on from the last.

        Returns:
            At most one chunk.

        Raises:
            AudioError: If the rate changed, or the samples cannot be used.
        """
        if value.rate_hz != self._rate_hz:
            raise AudioError(
                "sample rate changed inside a stream",
                got=f"{value.rate_hz} Hz",
                expected=f"{self._rate_hz} Hz",
                fix="open a new session for another rate",
            )
        samples = checked(value)
        self._taken += len(samples)
        if self._rate_hz == self._to_hz:
            return self._give_out(samples)
        run = np.concatenate([self._waiting, samples])
        whole = len(run) // self._block * self._block
        self._waiting = run[whole:]
        ready = [self._resample(block) for block in run[:whole].reshape(-1, self._block)]
        return self._give_out(np.concatenate(ready)) if ready else []

    def finish(self) -> Sequence[AudioChunk]:
        """Fill the last block with silence.

        Returns:
            The rest, so that the output lasts as long as the input.
        """
        wanted = -(-self._taken * self._to_hz // self._rate_hz) - self._given
        if wanted <= 0:
            return []
        block = np.zeros(self._block, np.float32)
        block[: len(self._waiting)] = self._waiting
        self._waiting = np.zeros(0, np.float32)
        return self._give_out(self._resample(block)[:wanted])

    def _resample(self, block: F32) -> F32:
        run = np.concatenate([self._past, block])
        self._past = run[self._block :]
        out: F32 = run @ resampling_matrix(self._rate_hz, self._to_hz)
        return out

    def _give_out(self, samples: F32) -> Sequence[AudioChunk]:
        if not len(samples):
            return []
        chunk = AudioChunk(self._given, samples, self._to_hz)
        self._given += len(samples)
        return [chunk]
