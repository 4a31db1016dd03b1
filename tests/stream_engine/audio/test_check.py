"""Audio that cannot be used is refused with its place."""

import numpy as np
import pytest

from stream_engine.audio.check import check_rate, checked
from stream_engine.errors import AudioError
from stream_engine.types import AudioChunk


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_named_with_their_sample(bad: float) -> None:
    """The error says which absolute sample is broken."""
    samples = np.zeros(10, np.float32)
    samples[7] = bad
    with pytest.raises(AudioError, match="at sample 107"):
        checked(AudioChunk(100, samples, 16_000))


def test_stereo_arrays_are_refused() -> None:
    """Two dimensions are an error, not a guess."""
    with pytest.raises(AudioError, match="mono"):
        checked(AudioChunk(0, np.zeros((2, 10), np.float32), 16_000))


def test_clipped_speech_is_limited() -> None:
    """Samples beyond full scale come out at full scale."""
    loud = AudioChunk(0, np.array([-3.0, 0.5, 2.0], np.float32), 16_000)
    assert checked(loud).tolist() == [-1.0, 0.5, 1.0]


def test_rates_have_bounds() -> None:
    """8 to 192 kHz, no more."""
    check_rate(8_000)
    check_rate(192_000)
    for rate in (0, 7_999, 192_001):
        with pytest.raises(AudioError):
            check_rate(rate)
