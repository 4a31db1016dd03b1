"""``elocute bench``."""

import json
from pathlib import Path

import pytest

from stream_engine.__main__ import main


def test_options_out_of_range_are_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What, got, expected."""
    for arguments, said in (
        (["--seconds", "0.5"], "got 0.5; expected 2 or more"),
        (["--sessions", "0"], "got 0; expected 1..4096"),
        (["--speech", str(tmp_path / "none.wav"), "--sessions", "1"], "none.wav"),
    ):
        assert main(["bench", *arguments]) == 1
        assert said in capsys.readouterr().err


@pytest.mark.slow
def test_a_trial_is_printed_and_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The real model, two sessions, two seconds."""
    file = tmp_path / "bench.json"
    assert main(["bench", "--sessions", "2", "--seconds", "2", "--json", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("balanced, 1 steps, onnxruntime-cpu")
    assert lines[-1].split()[0] == "2"
    figures = json.loads(file.read_text(encoding="utf-8"))
    (trial,) = figures["trials"]
    assert (trial["sessions"], figures["fitting"], figures["seed"]) == (2, None, 0)
    assert trial["windows"] == 2 * (50 - 25 - 2)
    assert set(trial["latency_ms"]) == {"p50", "p95", "p99", "p99.9"}
    assert figures["versions"]["elocute"]
