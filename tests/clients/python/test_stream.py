import csv
import wave
from pathlib import Path

import numpy as np
import pytest

from clients.python.stream import main, read_wav
from stream_engine.errors import AudioError
from tests.fakes.live_server import live_server


def write(path: Path, channels: int = 1, width: int = 2, rate_hz: int = 22_050) -> Path:
    """Write one second of a tone."""
    t = np.arange(rate_hz) / rate_hz
    pcm = (np.sin(2 * np.pi * 200 * t) * 9000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(np.repeat(pcm, channels).tobytes())
    return path


@pytest.mark.net
def test_a_speech_file_becomes_a_table_of_motion(tmp_path: Path) -> None:
    """One second: 25 rows, named columns, times 40 ms apart."""
    out = tmp_path / "motion.csv"
    with live_server() as server:
        status = main([str(write(tmp_path / "a.wav")), "--url", server.speech_url, "-o", str(out)])
    assert status == 0
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["seconds"] for row in rows] == [f"{k * 0.04:.3f}" for k in range(25)]
    assert float(rows[12]["jawOpen"]) > 0.5


@pytest.mark.net
def test_refusals_are_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Unknown profile, unknown emotion, no such address, no server: status 1 and a reason.

    What an earlier run wrote is still there.
    """
    speech, out = str(write(tmp_path / "a.wav")), tmp_path / "motion.csv"
    out.write_text("made before", encoding="utf-8")
    with live_server() as server:
        for option, wrong in (("--profile", "hasty"), ("--emotion", "cross")):
            assert main([speech, "--url", server.speech_url, option, wrong, "-o", str(out)]) == 1
            assert wrong in capsys.readouterr().err
    assert out.read_text(encoding="utf-8") == "made before"
    assert main([speech, "--url", server.url]) == 1
    assert "expected ws:// or wss://" in capsys.readouterr().err
    assert main([speech, "--url", server.speech_url]) == 1
    assert "no server" in capsys.readouterr().err


def test_stereo_is_mixed_and_other_files_refused(tmp_path: Path) -> None:
    """Both channels alike give the one; text is no WAV; 8 bits are refused."""
    one = read_wav(write(tmp_path / "one.wav"))
    two = read_wav(write(tmp_path / "two.wav", channels=2))
    assert one == two
    (tmp_path / "text.wav").write_text("hello", encoding="utf-8")
    with pytest.raises(AudioError, match="cannot be read"):
        read_wav(tmp_path / "text.wav")
    with pytest.raises(AudioError, match="8 bits"):
        read_wav(write(tmp_path / "eight.wav", width=1))


@pytest.mark.net
def test_a_manner_goes_along(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the first frame on; what the server refuses ends in one line."""
    speech, out = str(write(tmp_path / "a.wav")), tmp_path / "motion.csv"
    with live_server() as server:
        command = [speech, "--url", server.speech_url, "-o", str(out)]
        assert main([*command, "--emotion", "happy", "--intensity", "0.4"]) == 0
        with out.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert {row["mouthSmileLeft"] for row in rows} == {"0.4"}
        assert main([*command, "--emotion", "bored"]) == 1
    assert "unknown emotion" in capsys.readouterr().err


@pytest.mark.net
def test_a_server_that_wants_a_token_is_shown_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """That of the environment; without one, what the server says stands in the error."""
    speech = str(write(tmp_path / "a.wav"))
    monkeypatch.setenv("ELOCUTE_KEYS", "the-key-of-this-server")
    with live_server() as server:
        command = [speech, "--url", server.speech_url, "-o", str(tmp_path / "motion.csv")]
        assert main(command) == 1
        assert "no key or token was shown" in capsys.readouterr().err
        monkeypatch.setenv("ELOCUTE_TOKEN", "the-key-of-this-server")
        assert main(command) == 0
