"""WAV files come down a pipe in any pieces, with any length in their header."""

import io
import struct
import wave
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.audio.wav_stream import WavStream
from stream_engine.errors import AudioError

PCM = np.arange(-600, 600, 3, dtype=np.int16)


def header(form: bytes, length: int, before: bytes = b"") -> bytes:
    head = b"RIFF" + struct.pack("<I", 0x7FFFF024) + b"WAVE" + before
    head += b"fmt " + struct.pack("<I", len(form)) + form
    return head + b"data" + struct.pack("<I", length)


def form(code: int = 1, channels: int = 1, bits: int = 16, rate: int = 22_050) -> bytes:
    frame = channels * bits // 8
    return struct.pack("<HHIIHH", code, channels, rate, rate * frame, frame, bits)


def read(data: bytes, *cuts: int) -> np.ndarray:
    stream = WavStream()
    bounds = [0, *sorted(cuts), len(data)]
    return np.concatenate([stream.feed(data[a:b]) for a, b in pairwise(bounds)])


@given(st.lists(st.integers(0, 1000), max_size=8), st.sampled_from([0, 300, 0x7FFFF000]))
def test_any_chunking_gives_the_same_samples(cuts: list[int], length: int) -> None:
    """Chunked = whole, in the middle of headers and samples; what follows the sound is none."""
    junk = b"LIST" + struct.pack("<I", 5) + b"hello\0"
    data = header(form(), length, junk) + PCM.tobytes() + b"\x01"
    wanted = PCM[:150] if length == 300 else PCM
    np.testing.assert_array_equal(read(data, *cuts), wanted / np.float32(32768.0))


def test_a_file_of_the_standard_library_is_read() -> None:
    """Stereo is averaged; the rate is known once its sound begins."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(2)
        writer.setsampwidth(2)
        writer.setframerate(44_100)
        writer.writeframes(np.stack([PCM, 3 * PCM], axis=1).tobytes())
    stream = WavStream()
    assert stream.rate_hz == 0
    np.testing.assert_array_equal(stream.feed(file.getvalue()), 2 * PCM / np.float32(32768.0))
    assert stream.rate_hz == 44_100


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (form(bits=8), np.array([128, 192, 0], np.uint8).tobytes()),
        (form(bits=24), b"\0\0\0\0\0\x40\0\0\x80"),
        (form(bits=32), np.array([0, 2**30, -(2**31)], "<i4").tobytes()),
        (form(3, bits=32), np.array([np.nan, 0.5, -np.inf], "<f4").tobytes()),
        (
            form(0xFFFE) + struct.pack("<HHIH", 22, 16, 4, 1) + bytes(14),
            np.array([0, 16_384, -32_768], "<i2").tobytes(),
        ),
    ],
)
def test_kinds_of_samples(kind: bytes, data: bytes) -> None:
    """8 to 32 bits, floats that may be none, and the long form of the header."""
    np.testing.assert_array_equal(read(header(kind, 0) + data), [0.0, 0.5, -1.0])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"this is no sound", "no WAV file"),
        (b"RIFF\0\0\0\0AVI LIST", "no WAV file"),
        (header(form(code=85), 0), "format 85"),
        (header(form(channels=9), 0), "9 channels"),
        (header(form(rate=400), 0), "400 Hz"),
        (header(b"\1\0", 0), "cut short"),
        (header(form(), 0, b"junk" + struct.pack("<I", 1 << 20)), "does not end"),
    ],
)
def test_what_is_no_sound_is_told(data: bytes, said: str) -> None:
    """At once, and never as noise."""
    with pytest.raises(AudioError, match=said):
        read(data)
