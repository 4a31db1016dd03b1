"""Sound into a WAV file."""

import wave
from pathlib import Path

import numpy as np
import pytest

from stream_engine.errors import TransportError
from stream_engine.transport.sound_file import write_sound
from training.data.corpus.speech import read_speech


def test_samples_come_back(tmp_path: Path) -> None:
    """16-bit mono at 16 kHz, within half a step."""
    samples = np.linspace(-1.0, 1.0, 801, dtype=np.float32)
    write_sound(tmp_path / "a.wav", samples)
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (1, 16_000, 2)
    assert np.abs(read_speech(tmp_path / "a.wav") - samples).max() < 1e-4


def test_what_is_too_loud_is_turned_down(tmp_path: Path) -> None:
    """Its shape stays; nothing is clipped or wraps around."""
    samples = np.array([0.0, 1.0, 4.0, -4.0], np.float32)
    write_sound(tmp_path / "a.wav", samples)
    assert np.allclose(read_speech(tmp_path / "a.wav"), samples / 4.0, atol=1e-3)


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    """The error carries the path."""
    with pytest.raises(TransportError, match="nowhere"):
        write_sound(tmp_path / "nowhere" / "a.wav", np.zeros(4, np.float32))


def test_a_failed_write_leaves_the_old_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of a file or nothing: what was there before is still whole."""
    write_sound(tmp_path / "a.wav", np.zeros(4, np.float32))

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(wave.Wave_write, "writeframes", fail)
    with pytest.raises(TransportError, match="disk full"):
        write_sound(tmp_path / "a.wav", np.ones(9, np.float32))
    assert len(read_speech(tmp_path / "a.wav")) == 4
