import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from stream_engine.errors import RecordingError
from stream_engine.recording.samples import (
    FLOATS,
    INTEGERS,
    SILENCE,
    pack_samples,
    unpack_samples,
)
from stream_engine.types import F32

FINITE = hnp.arrays(np.float32, st.integers(0, 200), elements=st.floats(-2, 2, width=32))
ANY = hnp.arrays(np.uint32, st.integers(0, 50)).map(lambda bits: bits.view(np.float32))
PCM16 = hnp.arrays(np.int16, st.integers(0, 200)).map(
    lambda whole: whole.astype(np.float32) / np.float32(32768.0)
)


@given(st.one_of(FINITE, ANY, PCM16))
def test_every_bit_comes_back(samples: F32) -> None:
    """Speech, whole numbers, signed zeros, NaN with any payload."""
    again = unpack_samples(pack_samples(samples), len(samples))
    assert again.dtype == np.float32
    np.testing.assert_array_equal(again.view(np.uint32), samples.view(np.uint32))


def test_the_smallest_coding_that_keeps_every_bit_is_chosen() -> None:
    """Silence costs a byte, PCM16 less than two a sample, floats less than four."""
    t = np.arange(16_000)
    hum = (np.sin(t / 20) * 3000).astype(np.int16).astype(np.float32) / np.float32(32768.0)
    noisy = hum + np.random.default_rng(1).normal(0, 0.01, len(hum)).astype(np.float32)
    silence, whole, floats = (pack_samples(x) for x in (np.zeros_like(hum), hum, noisy))
    assert (silence[0], whole[0], floats[0]) == (SILENCE, INTEGERS, FLOATS)
    assert len(silence) == 1
    assert len(whole) < 1.5 * len(hum)
    assert len(floats) < 3.8 * len(hum)
    assert pack_samples(-0.0 * hum)[0] == FLOATS


def test_what_was_not_packed_is_refused() -> None:
    """Another coding, another number of samples, no zlib; a bomb is not blown up."""
    good = pack_samples(np.full(100, 0.3, np.float32))
    for data, count in ((b"", 5), (b"\x07", 5), (good, 99), (good, 101), (good[:1] + b"zz", 9)):
        with pytest.raises(RecordingError):
            unpack_samples(data, count)
