"""``elocute judge``: the command by ears of a few lines, its verdicts by the shipped ones."""

import argparse
import json
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from stream_engine import assemble_monitor
from stream_engine.assemble import Assembly
from stream_engine.audio.file_source import speech_for_model
from stream_engine.config import EngineConfig
from stream_engine.errors import AssetError, AudioError, ConfigError, TransportError
from stream_engine.judge import add, judge_files, speech_of
from stream_engine.judge_report import JudgeReport
from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.motion.arkit import MOUTH_NAMES
from stream_engine.transport.motion_sink import open_motion
from stream_engine.types import F32, AudioChunk, MotionFrames
from tests.fakes.streaming_ears import fake_ears, levels, motion_of
from tests.paths import ROOT, SAMPLE
from tests.stream_engine.audio.test_file_source import write_wav
from tests.stream_engine.monitor.test_recording_judge import CALIBRATION

SHIPPED = assemble_monitor.MONITOR_FOLDER
SECONDS = 12


def command(*arguments: str | Path) -> int:
    """Run as ``elocute`` does."""
    parser = argparse.ArgumentParser()
    add(parser.add_subparsers())
    options = parser.parse_args(["judge", *map(str, arguments)])
    status: int = options.command(options, EngineConfig())
    return status


def recorded(path: Path, motion: F32) -> Path:
    sink = open_motion(path, load_head_asset)
    sink.write(MotionFrames(0, motion))
    sink.close()
    return path


def at_rate(path: Path, motion: F32, fps: int) -> Path:
    """A recording of the Live Link Face app at another rate than ours."""
    count = int((len(motion) - 1) / 25 * fps)
    at = np.arange(count) * 25 / fps
    values = [np.interp(at, np.arange(len(motion)), column) for column in motion.T]
    plain = recorded(path, np.stack(values, axis=1).astype(np.float32))
    lines = plain.read_text().splitlines()
    for k in range(count):
        second, frame = divmod(k, fps)
        lines[k + 1] = f"13:07:{second:02d}:{frame:02d}.000" + lines[k + 1][15:]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def simple(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with noise and a moving jaw, and ears that cost nothing."""
    monkeypatch.setattr(assemble_monitor, "open_streaming_ears", fake_ears)
    monkeypatch.setattr(assemble_monitor, "read_calibration", lambda: CALIBRATION)
    (tmp_path / "ears").mkdir()
    (tmp_path / "ears" / "ear.onnx").write_bytes(b"ear")
    monkeypatch.setattr(assemble_monitor, "MONITOR_FOLDER", tmp_path / "ears")
    write_wav(tmp_path / "a.wav", np.random.default_rng(0).normal(0, 0.2, 64_000), 16_000)
    recorded(tmp_path / "m.csv", motion_of(levels(100, 0)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_is_offered() -> None:
    """By its entry point, to whoever installs the package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["elocute.commands"]["judge"] == "stream_engine.judge:add"


def test_it_prints_and_writes_what_it_found(
    simple: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Text on the screen; JSON, picture and units where they were wanted."""
    wanted = ["--json", "o.json", "--picture", "o.svg", "--units", "o.tsv"]
    assert command("--audio", "a.wav", "--motion", "m.csv", *wanted) == 0
    assert "judged   4.0 s" in capsys.readouterr().out
    found = json.loads((simple / "o.json").read_text())
    assert found["audio"] == {"path": "a.wav", "seconds": 4.0}
    assert found["about"]["ear.onnx"] == "3c6a36b640fc"
    assert (simple / "o.svg").read_text().startswith("<svg ")
    assert len((simple / "o.tsv").read_text().splitlines()) == 201


def test_the_status_is_0_unless_a_score_is_asked_for(simple: Path) -> None:
    """Whatever the verdict; with ``--fail-below`` a low score is 1, and so is silence."""
    files = ["--audio", "a.wav", "--motion", "m.csv"]
    assert command(*files, "--fail-below", "0") == 0
    assert command(*files, "--fail-below", "1") == 1
    write_wav(simple / "a.wav", np.zeros(64_000), 16_000)
    assert command(*files) == 0
    assert command(*files, "--fail-below", "0") == 1


def test_what_both_cover_is_judged(simple: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The rest is said."""
    write_wav(simple / "a.wav", np.random.default_rng(0).normal(0, 0.2, 32_000), 16_000)
    assert command("--audio", "a.wav", "--motion", "m.csv") == 0
    said = capsys.readouterr().out
    assert "judged   2.0 s" in said
    assert "warning: the motion is 2.0 s longer than the audio" in said


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        (["--fail-below", "2"], ConfigError, "--fail-below.*2"),
        (["--fps", "0"], ConfigError, "--fps"),
        (["--picture", "o.png"], ConfigError, r"o\.png.*\.svg"),
        (["--json", "nowhere/o.json"], ConfigError, "nowhere"),
        (["--json", "."], TransportError, "cannot be written"),
        (["--motion", "m.fbx"], ConfigError, r"m\.fbx"),
        (["--motion", "none.csv"], AssetError, r"none\.csv"),
        (["--audio", "m.csv"], AudioError, r"m\.csv"),
    ],
)
def test_wrong_options_are_explained(
    simple: Path, more: list[str], error: type[Exception], said: str
) -> None:
    """Which, and what would have been right."""
    with pytest.raises(error, match=said):
        command("--audio", "a.wav", "--motion", "m.csv", *more)


@pytest.mark.parametrize("names", [["jawOpen"], [n for n in MOUTH_NAMES if n != "jawOpen"]])
def test_half_a_mouth_is_not_judged(simple: Path, names: list[str]) -> None:
    """Too few shapes, or no jaw."""
    row = ",".join(["0.1"] * len(names))
    (simple / "m.csv").write_text(f"time,{','.join(names)}\n0,{row}\n0.04,{row}\n")
    with pytest.raises(AssetError, match="too little of a mouth.*jawOpen"):
        judge_files(simple / "a.wav", simple / "m.csv")


@pytest.mark.parametrize("rate", [16_000, 48_000, 22_050])
def test_sound_keeps_its_time(tmp_path: Path, rate: int) -> None:
    """A click is where it was, at any rate."""
    click = np.zeros(rate)
    click[rate // 2] = 0.9
    heard = speech_of(write_wav(tmp_path / "a.wav", click, rate))
    assert abs(np.abs(heard).argmax() - 8_000) <= 1


def test_a_sound_of_nothing_is_refused(tmp_path: Path) -> None:
    """Less than a frame."""
    with pytest.raises(AudioError, match="no frame"):
        speech_of(write_wav(tmp_path / "a.wav", np.zeros(100), 16_000))


def test_without_ears_it_says_how_to_get_them(
    simple: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wheel without the asset is no riddle."""
    monkeypatch.undo()
    monkeypatch.setattr(assemble_monitor, "MONITOR_FOLDER", simple)
    with pytest.raises(AssetError, match="export_monitor"):
        judge_files(simple / "a.wav", simple / "m.csv")


@cache
def talk() -> tuple[F32, F32]:
    """Shipped speech at 16 kHz, and the face our own generator gives it."""
    speech = speech_for_model(SAMPLE)[: SECONDS * 16_000]
    stream = Assembly(EngineConfig()).motion_stream("balanced")
    runs = [*stream.feed(AudioChunk(0, speech, 16_000)), *stream.finish()]
    return speech, np.concatenate([run.coefficients for run in runs])[: SECONDS * 25]


def judged(folder: Path, motion: F32, name: str = "m.csv", fps: int = 25) -> JudgeReport:
    speech, _ = talk()
    audio = write_wav(folder / "a.wav", speech, 16_000)
    made = recorded(folder / name, motion) if fps == 25 else at_rate(folder / name, motion, fps)
    return judge_files(audio, made)[0]


def moved(motion: F32, late_ms: float, slower: float = 1.0) -> F32:
    at = np.clip(np.arange(len(motion)) / slower - late_ms / 40.0, 0, len(motion) - 1)
    columns = [np.interp(at, np.arange(len(motion)), column) for column in motion.T]
    return np.stack(columns, axis=1).astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "fps"),
    [("m.csv", 25), ("m.json", 25), ("m.glb", 25), ("m.csv", 24), ("m.csv", 30), ("m.csv", 60)],
)
def test_our_own_face_is_in_sync_in_any_file(tmp_path: Path, name: str, fps: int) -> None:
    """The same verdict through every format and rate."""
    found = judged(tmp_path, talk()[1], name, fps)
    assert found.verdict.sentence == "the face says these words, in sync"
    assert found.judgement.whole.score > 0.8
    assert abs(found.judgement.whole.lag_ms) < 20.0
    assert found.face.fps == pytest.approx(fps, abs=0.1)
    assert not found.judgement.alarms


@pytest.mark.slow
@pytest.mark.parametrize("late_ms", [120.0, -120.0])
def test_a_shift_is_found_within_20_ms(tmp_path: Path, late_ms: float) -> None:
    """Either way, and said."""
    found = judged(tmp_path, moved(talk()[1], late_ms))
    assert found.judgement.whole.lag_ms == pytest.approx(late_ms, abs=20.0)
    assert found.verdict.kind == ("late" if late_ms > 0 else "early")
    assert found.judgement.whole.score < 0.3


@pytest.mark.slow
def test_other_words_score_low(tmp_path: Path) -> None:
    """The same face, turned back in time."""
    found = judged(tmp_path, talk()[1][::-1].copy())
    assert found.verdict.sentence.startswith("the face says something else")
    assert found.judgement.whole.score < 0.3


@pytest.mark.slow
def test_a_clock_a_thousandth_slow_is_found(tmp_path: Path) -> None:
    """60 ms a minute, in a minute of speech."""
    speech, motion = talk()
    audio = write_wav(tmp_path / "a.wav", np.tile(speech, 5), 16_000)
    slow = moved(np.tile(motion, (5, 1)), 0.0, 1.001)
    drift = judge_files(audio, recorded(tmp_path / "m.csv", slow))[0].judgement.drift
    assert drift is not None
    assert drift.told
    assert drift.ms_per_minute == pytest.approx(60.0, abs=20.0)


@pytest.mark.slow
def test_silence_is_nothing_to_judge(tmp_path: Path) -> None:
    """Whatever the face does."""
    audio = write_wav(tmp_path / "a.wav", np.zeros(64_000), 16_000)
    found, _ = judge_files(audio, recorded(tmp_path / "m.csv", talk()[1]))
    assert found.verdict.sentence == "nothing to judge: no speech"
