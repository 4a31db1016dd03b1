"""``elocute listen``, from the command line to the file."""

import wave
from pathlib import Path

import numpy as np
import pytest

from stream_engine import assemble
from stream_engine.__main__ import main
from stream_engine.audio.file_source import FileSource
from stream_engine.errors import AudioError
from stream_engine.listen import voice_of_recording
from stream_engine.motion.arkit import INDEX
from stream_engine.transport.motion_file import MotionFile
from stream_engine.types import MotionFrames
from tests.paths import SAMPLE
from tests.stream_engine.audio.test_file_source import write_wav
from training.data.corpus.speech import read_speech


@pytest.fixture
def face(tmp_path: Path) -> Path:
    """Two seconds of a jaw that opens and shuts four times a second."""
    coefficients = np.zeros((50, 55), np.float32)
    coefficients[:, INDEX["jawOpen"]] = 0.2 * (1.0 - np.cos(np.arange(50) / 25 * 8 * np.pi))
    file = MotionFile(tmp_path / "face.csv")
    file.write(MotionFrames(0, coefficients))
    file.close()
    return tmp_path / "face.csv"


def samples_of(path: Path) -> np.ndarray:
    with FileSource(path) as source:
        return np.concatenate([chunk.samples for chunk in source.chunks()])


def test_a_face_is_heard(face: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Sound and units as long as the motion; a face at rest sounds different."""
    heard, units = face.with_name("heard.wav"), face.with_name("units.txt")
    assert main(["listen", str(face), "-o", str(heard), "--units", str(units)]) == 0
    assert f"2.00 s heard, written to {heard}" in capsys.readouterr().out
    with wave.open(str(heard)) as file:
        assert file.getnframes() == 32_000
    lines = units.read_text().splitlines()
    assert lines[0] == "time_s\tunit\tprobability"
    assert len(lines) == 101
    assert lines[100].startswith("1.98\t")
    assert all(0.0 < float(line.split("\t")[2]) <= 1.0 for line in lines[1:])
    rows = face.read_text().splitlines()
    cells = [row.split(",") for row in rows[1:]]
    still = face.with_name("still.csv")
    rest = [",".join([*row[:2], *["0.0"] * (len(row) - 2)]) for row in cells]
    still.write_text("\n".join([rows[0], *rest]) + "\n")
    assert main(["listen", str(still), "-o", str(face.with_name("still.wav"))]) == 0
    assert np.abs(samples_of(heard) - samples_of(face.with_name("still.wav"))).max() > 0.01


def test_another_voice_changes_the_sound(face: Path) -> None:
    """``--voice`` takes the voice of a recording."""
    for name, more in (("own.wav", []), ("other.wav", ["--voice", str(SAMPLE)])):
        assert main(["listen", str(face), "-o", str(face.with_name(name)), *more]) == 0
    own, other = samples_of(face.with_name("own.wav")), samples_of(face.with_name("other.wav"))
    assert np.abs(own - other).max() > 0.01


def test_a_voice_does_not_depend_on_the_rate(tmp_path: Path) -> None:
    """The sample at 24 kHz has the voice of its copy at 16 kHz, but for the highest bands."""
    speech = read_speech(SAMPLE)
    plain = voice_of_recording(SAMPLE)
    again = voice_of_recording(write_wav(tmp_path / "a.wav", speech, 16_000))
    assert plain.shape == (160,)
    assert np.abs(plain[:70] - again[:70]).max() < 0.1
    assert np.abs(plain[:70] - voice_of_recording(noise(tmp_path))[:70]).max() > 1.0


def noise(folder: Path) -> Path:
    random = np.random.default_rng(0)
    return write_wav(folder / "noise.wav", 0.1 * random.standard_normal(16_000), 16_000)


def test_silence_has_no_voice(tmp_path: Path) -> None:
    """A recording of nothing is refused, not turned into a hiss."""
    path = write_wav(tmp_path / "a.wav", np.zeros(16_000), 16_000)
    with pytest.raises(AudioError, match="silence"):
        voice_of_recording(path)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["-o", "nowhere/heard.wav"], "no folder"),
        (["-o", "heard.wav", "--fps", "0"], "--fps"),
        (["-o", "heard.wav", "--units", "nowhere/units.txt"], "no folder"),
        (["-o", "heard.wav", "--voice", "face.csv"], "audio"),
    ],
)
def test_wrong_options_are_explained(
    face: Path,
    more: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Status 1, one line that says what, and no file left behind."""
    monkeypatch.chdir(face.parent)
    assert main(["listen", "face.csv", *more]) == 1
    assert said in capsys.readouterr().err
    assert not Path("heard.wav").exists()


def test_without_an_ear_it_says_how_to_get_one(
    face: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wheel without the asset is no riddle."""
    monkeypatch.setattr(assemble, "EAR_FOLDER", face.parent)
    assert main(["listen", str(face), "-o", str(face.with_name("heard.wav"))]) == 1
    assert "trt_build.export_ear" in capsys.readouterr().err
