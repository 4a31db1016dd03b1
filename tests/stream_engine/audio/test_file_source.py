"""Reading speech files of all kinds, good and bad."""

import resource
import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from stream_engine.audio.file_source import FileSource, speech_for_model
from stream_engine.errors import AudioError
from tests.paths import SAMPLE


def write_wav(path: Path, samples: np.ndarray, rate: int) -> Path:
    """Write int16 samples [N] or [N, channels]."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def read(path: Path) -> tuple[np.ndarray, int]:
    with FileSource(path) as source:
        chunks = list(source.chunks())
    assert [c.start for c in chunks] == np.cumsum([0] + [len(c.samples) for c in chunks])[
        :-1
    ].tolist()
    return np.concatenate([c.samples for c in chunks]), chunks[0].rate_hz


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_stereo_of_any_rate_is_averaged(tmp_path: Path, rate: int) -> None:
    """Channels are averaged, the rate is kept, no sample is lost."""
    left = np.sin(np.arange(rate) / 50)
    stereo = np.stack([left, np.zeros_like(left)], axis=1)
    samples, found = read(write_wav(tmp_path / "a.wav", stereo, rate))
    assert found == rate
    assert len(samples) == rate
    assert np.allclose(samples, left / 2, atol=1e-3)


def test_a_text_file_is_no_audio(tmp_path: Path) -> None:
    """The error names the file."""
    path = tmp_path / "notes.wav"
    path.write_text("these are words, not sounds " * 50)
    with pytest.raises(AudioError, match=r"notes\.wav"):
        FileSource(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """So is one that does not exist."""
    with pytest.raises(AudioError, match=r"gone\.wav"):
        FileSource(tmp_path / "gone.wav")


def test_an_empty_recording_is_an_error(tmp_path: Path) -> None:
    """A header without samples is not silence."""
    path = write_wav(tmp_path / "empty.wav", np.zeros(0), 16_000)
    with pytest.raises(AudioError, match="no samples|cannot be"), FileSource(path) as source:
        list(source.chunks())


def test_a_cut_off_file_gives_what_it_has(tmp_path: Path) -> None:
    """An upload that broke off is used as far as it goes."""
    path = write_wav(tmp_path / "cut.wav", np.sin(np.arange(16_000) / 9), 16_000)
    path.write_bytes(path.read_bytes()[:16_000])
    samples, _ = read(path)
    assert 7_000 < len(samples) < 8_000


@pytest.mark.slow
def test_ten_hours_of_silence_are_read_in_constant_memory(tmp_path: Path) -> None:
    """Decoding keeps nothing: the file is 576 MB, what stays in memory is not."""
    path, rate, hours = tmp_path / "night.wav", 8_000, 10
    size = hours * 3600 * rate * 2
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 1,
                         rate, rate * 2, 2, 16, b"data", size)  # fmt: skip
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + size)  # a sparse file: silence costs no disk
    with FileSource(path) as source:
        chunks = source.chunks()
        total = len(next(chunks).samples)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        total += sum(len(chunk.samples) for chunk in chunks)
        grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert total == hours * 3600 * rate
    assert grown_kb < 20_000


def test_a_whole_file_at_the_rate_the_model_hears() -> None:
    """The shipped sample: two thirds of its samples, whole blocks of 10 ms."""
    with FileSource(SAMPLE) as file:
        there = sum(len(chunk.samples) for chunk in file.chunks())
    samples = speech_for_model(SAMPLE)
    assert len(samples) == there // 240 * 160
    assert 0.1 < float(abs(samples).max()) <= 1.0
