"""``elocute bench``."""

import json
from pathlib import Path

import pytest

from stream_engine.__main__ import main
from stream_engine.assemble import Assembly
from stream_engine.capacity.admission import read_admission
from stream_engine.config import EngineConfig, MotionConfig


def test_options_out_of_range_are_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What, got, expected."""
    for arguments, said in (
        (["--seconds", "0.5"], "got 0.5; expected 2 or more"),
        (["--sessions", "0"], "got 0; expected 1..4096"),
        (["--scale", "1", "5000"], "got 5000; expected 1..4096"),
        (["--speech", str(tmp_path / "none.wav"), "--sessions", "1"], "none.wav"),
        (["--json", str(tmp_path / "none" / "a.json")], "no folder to write to"),
        (["--picture", str(tmp_path / "none" / "a.svg")], "no folder to write to"),
    ):
        assert main(["bench", *arguments]) == 1
        assert said in capsys.readouterr().err


@pytest.mark.slow
def test_a_trial_is_printed_and_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The real model, two sessions, two seconds."""
    file, picture = tmp_path / "bench.json", tmp_path / "bench.svg"
    outputs = ["--json", str(file), "--picture", str(picture)]
    assert main(["bench", "--sessions", "2", "--seconds", "2", "--threads", "1", *outputs]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("backend onnxruntime-cpu-int8, steps 1, threads 1")
    assert lines[1].endswith("over twice as slow as usual by themselves")
    assert lines[2] == "balanced"
    assert lines[-1].split()[0] == "2"
    figures = json.loads(file.read_text(encoding="utf-8"))
    (run,) = figures["runs"]
    (trial,) = run["trials"]
    assert (trial["sessions"], run["fitting"], figures["seed"]) == (2, None, 0)
    assert trial["windows"] == 2 * (50 - 25 - 2)
    assert set(trial["latency_ms"]) == {"p50", "p95", "p99", "p99.9"}
    assert (figures["fitting"], figures["shed"]) == ({}, False)
    assert 0.0 <= figures["slow_share"] < 1.0
    assert figures["versions"]["elocute"]
    assert picture.read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.slow
def test_what_was_measured_is_what_the_server_obeys(tmp_path: Path) -> None:
    """The setting that bench writes is the one the server has."""
    config = EngineConfig(motion=MotionConfig(threads=1))
    file, stages = tmp_path / "bench.json", Assembly(config)
    settings = tmp_path / "elocute.toml"
    settings.write_text("[motion]\nthreads = 1\n", encoding="utf-8")
    outputs = ["--config", str(settings), "--json", str(file)]
    assert main(["bench", "--sessions", "1", "--seconds", "2", *outputs]) == 0
    figures = json.loads(file.read_text(encoding="utf-8")) | {"fitting": {"balanced": 7}}
    file.write_text(json.dumps(figures), encoding="utf-8")
    assert read_admission(100, str(file), stages.setting).room([], "balanced") == 7
    stages.close()


@pytest.mark.slow
def test_cost_by_sessions_is_printed_and_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The real model, one session and two; a server takes no such file for a capacity."""
    file = tmp_path / "scale.json"
    assert main(["bench", "--scale", "1", "2", "--seconds", "2", "--json", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [row.split()[0] for row in lines[-2:]] == ["1", "2"]
    figures = json.loads(file.read_text(encoding="utf-8"))
    assert [row["sessions"] for row in figures["scale"]] == [1, 2]
    assert figures["fitting"] == {}
    assert figures["scale"][1]["cpu_ms"] > 1.0
