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
    Sound,
    audio_delta,
    motion_bytes,
    motion_delta,
    motion_in,
    pcm_in,
    pcm_of,
    read_delta,
    sound_bytes,
)
from stream_engine.realtime_wire import MotionDelta
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


@given(arrays(np.int16, st.integers(0, 50)), st.integers(0, 2**40))
def test_binary_sound_is_read_as_it_was_written(pcm: np.ndarray, pts: int) -> None:
    """Any run, hours into a session."""
    sound = read_delta(sound_bytes(pts, pcm, 24_000))
    assert isinstance(sound, Sound)
    assert (sound.pts, sound.rate_hz) == (pts, 24_000)
    np.testing.assert_array_equal(sound.pcm, pcm)


@given(
    arrays(
        np.float32, st.tuples(st.integers(0, 3), st.just(55)), elements=st.floats(-2, 2, width=32)
    )
)
def test_motion_is_read_as_it_was_written(rows: np.ndarray) -> None:
    """Bit for bit in binary, to four decimals in JSON."""
    for read in (
        read_delta(motion_bytes(MotionFrames(9, rows))),
        motion_in(motion_delta(MotionFrames(9, rows))),
    ):
        assert isinstance(read, MotionFrames)
        assert (read.start, read.coefficients.shape) == (9, rows.shape)
        np.testing.assert_allclose(read.coefficients, rows, atol=5.1e-5)
    exact = read_delta(motion_bytes(MotionFrames(9, rows)))
    assert isinstance(exact, MotionFrames)
    np.testing.assert_array_equal(exact.coefficients, rows)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_delta_are_told(data: bytes) -> None:
    """Too short, of another kind or version, longer or shorter than they say."""
    whole = motion_bytes(MotionFrames(0, np.zeros((1, 55), np.float32)))
    for wrong in (
        data,
        whole[:-1],
        whole + b"\0",
        b"\3" + whole[1:],
        whole[:1] + b"\2" + whole[2:],
    ):
        with pytest.raises(SignalingError, match="delta"):
            read_delta(wrong)
    with pytest.raises(SignalingError, match="coefficients"):
        motion_in(MotionDelta(0, 0, 25, [[0.0] * 54]))
