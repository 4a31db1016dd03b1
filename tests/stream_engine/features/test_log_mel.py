"""Behaviour of the streaming log-mel features."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.errors import ShapeError
from stream_engine.features.log_mel import (
    LogMelExtractor,
    hop_features,
    log_mel,
    mel_filters,
    silent_past,
)
from stream_engine.types import AudioChunk
from tests.contracts.stream_contract import run_in_chunks


def joined(blocks: list) -> np.ndarray:
    for index, block in enumerate(blocks):
        assert block.start == 4 * index
        assert block.values.shape == (4, 80)
    return np.concatenate([block.values for block in blocks])


@given(st.lists(st.integers(0, 10_000), max_size=8), st.integers(1, 6_000))
@settings(max_examples=40, deadline=None)
def test_any_chunking_gives_the_same_bits(cuts: list[int], length: int) -> None:
    """Feeding pieces equals feeding the whole; a last block is filled up with silence."""
    samples = np.random.default_rng(length).uniform(-1, 1, length).astype(np.float32)
    whole = run_in_chunks(LogMelExtractor, samples, [], 16_000, joined)
    pieces = run_in_chunks(LogMelExtractor, samples, cuts, 16_000, joined)
    assert np.array_equal(whole, pieces)
    assert len(whole) == 4 * -(-length // 640)


def test_no_feature_sees_past_its_own_ten_milliseconds() -> None:
    """Changing a sample changes only the steps from its own on."""
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, 6_400).astype(np.float32)
    changed = samples.copy()
    changed[3_205] += 0.3
    before, after = (
        run_in_chunks(LogMelExtractor, s, [], 16_000, joined) for s in (samples, changed)
    )
    first = int(np.nonzero((before != after).any(axis=1))[0][0])
    assert first == 3_205 // 160


def test_a_tone_lights_its_own_band() -> None:
    """The loudest band of a 1 kHz tone is the one whose filter covers it best."""
    tone = np.sin(2 * np.pi * 1_000 * np.arange(880) / 16_000).astype(np.float32)
    assert int(log_mel(tone)[2].argmax()) == int(mel_filters()[32].argmax())  # bin 32 is 1 kHz


def test_twice_the_level_is_four_times_the_energy() -> None:
    """Features are logarithmic in energy, whatever the level."""
    noise = np.random.default_rng(2).uniform(-0.4, 0.4, 880).astype(np.float32)
    assert np.allclose(log_mel(2 * noise) - log_mel(noise), np.log(4.0) / 3.5, atol=1e-3)


def test_other_rates_are_refused() -> None:
    """48 kHz samples would be heard three times too slow."""
    with pytest.raises(ShapeError, match="48000 Hz"):
        LogMelExtractor().feed(AudioChunk(0, np.zeros(10, np.float32), 48_000))


def test_many_streams_at_once_give_what_each_gives_alone() -> None:
    """Bit for bit, hops of one frame and of two."""
    speech = np.random.default_rng(5).standard_normal((3, 4 * 640)).astype(np.float32)
    wanted = [
        np.concatenate([m.values for m in LogMelExtractor().feed(AudioChunk(0, row, 16_000))])
        for row in speech
    ]
    for frames in (1, 2):
        past, parts = silent_past(3), []
        for at in range(0, speech.shape[1], 640 * frames):
            mel, past = hop_features(past, speech[:, at : at + 640 * frames])
            parts.append(mel)
        assert np.array_equal(np.concatenate(parts, axis=1), wanted)
