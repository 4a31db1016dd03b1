"""Sound and motion in both encodings."""

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stream_engine.errors import SignalingError
from stream_engine.realtime_deltas import (
    HEADER,
    MOTION,
    SOUND,
    audio_delta,
    motion_bytes,
    motion_delta,
    pcm_in,
    pcm_of,
    sound_bytes,
)
from stream_engine.types import MotionFrames


@given(arrays(np.int16, st.integers(0, 50)))
def test_sound_comes_back_as_it_was(pcm: np.ndarray) -> None:
    """Base64 and bytes."""
    delta = audio_delta(1920, pcm, 24_000)
    np.testing.assert_array_equal(pcm_of(delta.delta), pcm)
    message = sound_bytes(1920, pcm, 24_000)
    assert HEADER.unpack_from(message) == (SOUND, 1, len(pcm), 24_000, 1920)
    np.testing.assert_array_equal(pcm_in(message[HEADER.size :]), pcm)


def test_motion_is_addressed_by_media_time() -> None:
    """Frame 3 begins at 120 ms."""
    rows = np.linspace(0.0, 1.0, 110, dtype=np.float32).reshape(2, 55)
    frames = MotionFrames(3, rows)
    delta = motion_delta(frames)
    assert (delta.start, delta.pts, delta.fps) == (3, 5760, 25)
    np.testing.assert_allclose(delta.coefficients, rows, atol=5.1e-5)
    message = motion_bytes(frames)
    assert message[:20].hex() == "0201000002000000190000008016000000000000"
    assert HEADER.unpack_from(message) == (MOTION, 1, 2, 25, 5760)
    got = np.frombuffer(message[HEADER.size :], "<f4").reshape(2, 55)
    np.testing.assert_array_equal(got, rows)


@pytest.mark.parametrize("audio", ["%", base64.b64encode(b"abc").decode(), "AAA"])
def test_what_is_no_sound_is_told(audio: str) -> None:
    """Not base64, or half a sample."""
    with pytest.raises(SignalingError, match="base64|middle of a sample"):
        pcm_of(audio)
