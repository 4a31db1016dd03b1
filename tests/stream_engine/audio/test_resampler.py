"""Behaviour of the streaming resampler."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.audio.resampler import Resampler, resampling_matrix
from stream_engine.errors import AudioError
from stream_engine.types import AudioChunk
from tests.contracts.stream_contract import run_in_chunks

RATES = (8_000, 11_025, 16_000, 22_000, 22_050, 24_000, 44_100, 48_000)


def joined(chunks: list[AudioChunk]) -> np.ndarray:
    expected = 0
    for chunk in chunks:
        assert chunk.start == expected
        assert chunk.rate_hz == 16_000
        expected += len(chunk.samples)
    return np.concatenate([chunk.samples for chunk in chunks])


@given(st.sampled_from(RATES), st.lists(st.integers(0, 10_000), max_size=6), st.integers(1, 9000))
@settings(max_examples=40, deadline=None)
def test_any_chunking_gives_the_same_bits(rate: int, cuts: list[int], length: int) -> None:
    """Feeding pieces equals feeding the whole, and the output lasts as long as the input."""
    samples = np.random.default_rng(length).uniform(-1, 1, length).astype(np.float32)
    whole = run_in_chunks(lambda: Resampler(rate), samples, [], rate, joined)
    pieces = run_in_chunks(lambda: Resampler(rate), samples, cuts, rate, joined)
    assert np.array_equal(whole, pieces)
    assert len(whole) == -(-length * 16_000 // rate)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("frequency", [200, 1_000, 3_000])
def test_speech_band_passes_unchanged(rate: int, frequency: int) -> None:
    """A tone comes out 70 dB clean, late by the reported group delay."""
    tone = 0.5 * np.sin(2 * np.pi * frequency * np.arange(rate) / rate).astype(np.float32)
    resampler = Resampler(rate)
    out = joined([*resampler.feed(AudioChunk(0, tone, rate)), *resampler.finish()])
    at = np.arange(len(out)) / 16_000 - resampler.group_delay / 48_000
    wanted = 0.5 * np.sin(2 * np.pi * frequency * at)
    assert np.abs(out - wanted)[200:-200].max() < 0.5 * 10 ** (-70 / 20)


def test_what_the_model_cannot_hear_is_removed() -> None:
    """A 12 kHz tone at 48 kHz does not fold into the speech band."""
    tone = np.sin(2 * np.pi * 12_000 * np.arange(48_000) / 48_000).astype(np.float32)
    out = joined(list(Resampler(48_000).feed(AudioChunk(0, tone, 48_000))))
    assert np.abs(out[200:]).max() < 1e-3


def test_matrix_keeps_silence_and_level() -> None:
    """Every output sample is a weighted mean of inputs."""
    assert np.allclose(resampling_matrix(44_100).sum(axis=0), 1.0, atol=1e-5)


def test_rates_that_are_no_speech_are_refused() -> None:
    """The error names the rate and what would do."""
    with pytest.raises(AudioError, match=r"4000 Hz.*8000"):
        Resampler(4_000)
    with pytest.raises(AudioError, match="multiple of 25"):
        Resampler(22_051)


def test_the_rate_may_not_change_inside_a_stream() -> None:
    """A second rate is an error, not a glitch."""
    with pytest.raises(AudioError, match="changed"):
        Resampler(48_000).feed(AudioChunk(0, np.zeros(10, np.float32), 16_000))


def test_reset_forgets() -> None:
    """A used and reset resampler equals a new one."""
    samples = np.random.default_rng(0).uniform(-1, 1, 4_800).astype(np.float32)
    used = Resampler(48_000)
    used.feed(AudioChunk(0, samples[::-1].copy(), 48_000))
    used.reset()
    fresh = Resampler(48_000)
    chunk = AudioChunk(0, samples, 48_000)
    assert np.array_equal(joined(list(used.feed(chunk))), joined(list(fresh.feed(chunk))))
