"""What agents and avatars say to each other."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.errors import SignalingError
from stream_engine.livekit.wire import PcmReader, Sound, finished, read_sound


def test_a_stream_says_rate_and_channels_and_may_say_more() -> None:
    """What is not known is left alone."""
    attributes = {"sample_rate": "24000", "num_channels": "1", "lk.segment": "7"}
    assert read_sound(attributes) == Sound(24_000, 1)


@pytest.mark.parametrize(
    "attributes",
    [
        None,
        {},
        {"sample_rate": "24000"},
        {"num_channels": "1"},
        {"sample_rate": "fast", "num_channels": "1"},
        {"sample_rate": "-24000", "num_channels": "1"},
        {"sample_rate": "2400", "num_channels": "1"},
        {"sample_rate": "96000", "num_channels": "1"},
        {"sample_rate": "24001", "num_channels": "1"},
        {"sample_rate": "24000", "num_channels": "0"},
        {"sample_rate": "24000", "num_channels": "3"},
        {"sample_rate": "24000", "num_channels": "²"},
    ],
)
def test_a_stream_that_cannot_be_spoken_is_refused(attributes: dict[str, str] | None) -> None:
    """Before a byte of it is read, with the key named."""
    with pytest.raises(SignalingError, match="sample_rate|num_channels"):
        read_sound(attributes)


def test_the_end_of_a_segment_is_said_in_the_agents_words() -> None:
    """Two keys, which the agent takes as arguments: one more would fail there."""
    assert json.loads(finished(1.25, interrupted=True)) == {
        "playback_position": 1.25,
        "interrupted": True,
    }


@given(st.integers(0, 40), st.lists(st.integers(0, 80), max_size=6), st.sampled_from([1, 2]))
def test_samples_are_the_same_however_the_bytes_are_cut(
    count: int, cuts: list[int], channels: int
) -> None:
    """Pieces of any length; of two channels, the mean."""
    samples = np.arange(-count, count * channels - count, dtype="<i2") * 700
    data = samples.tobytes()
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    reader = PcmReader(channels)
    parts = [reader.feed(data[a:b]) for a, b in pairwise(places)]
    reader.finish()
    heard = np.concatenate([np.zeros(0, np.int16), *parts])
    wanted = samples.reshape(-1, channels).astype(int).sum(axis=1) // channels
    np.testing.assert_array_equal(heard, wanted)


def test_an_odd_byte_at_the_end_is_an_error() -> None:
    """What is whole has been given already."""
    reader = PcmReader(1)
    assert list(reader.feed(b"\x01\x00\x02")) == [1]
    with pytest.raises(SignalingError, match="inside a sample"):
        reader.finish()
