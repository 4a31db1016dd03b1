"""``elocute profile``."""

import argparse
import json
from pathlib import Path

import pytest

from stream_engine.config import EngineConfig, MotionConfig
from stream_engine.errors import ConfigError
from stream_engine.profiling.command import add
from stream_engine.profiling.compare import SCHEMA


def profile(*words: str) -> int:
    """Run the command as it would be from the command line."""
    parser = argparse.ArgumentParser()
    add(parser.add_subparsers())
    options = parser.parse_args(["profile", *words])
    status: int = options.command(options, EngineConfig(motion=MotionConfig(threads=1, shed=False)))
    return status


def test_options_out_of_range_are_told(tmp_path: Path) -> None:
    """Before anything is measured."""
    file = tmp_path / "old.json"
    file.write_text("[]", encoding="utf-8")
    for words, said in (
        (["--seconds", "2"], "got 2; expected 3 or more"),
        (["--sessions", "0"], r"got 0; expected 1\.\.64"),
        (["--against", str(tmp_path / "none.json")], "none.json"),
        (["--against", str(file)], "cannot be read"),
        (["--out", str(file)], "--out cannot be made"),
    ):
        with pytest.raises(ConfigError, match=said):
            profile(*words)
    for old in ({"schema": SCHEMA + 1}, {"schema": SCHEMA, "settings": {"steps": 4}}):
        file.write_text(json.dumps(old), encoding="utf-8")
        with pytest.raises(ConfigError, match=r"schema|steps 4"):
            profile("--against", str(file))


@pytest.mark.slow
def test_motion_only_against_a_machine_of_another_age(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No OpenGL, no WebRTC; against a generator of a microsecond it got slower."""
    quick = {"kind": "work", "name": "generator", "blocks": [[0.001] * 12] * 6}
    settings = {"kind": "motion only", "profile": "balanced", "steps": 1, "sessions": 2}
    settings |= {"threads": 1, "shed": False}
    old = {"schema": SCHEMA, "settings": settings | {"picture": "512x512"}, "figures": [quick]}
    path = tmp_path / "old.json"
    path.write_text(json.dumps(old | {"made": "once", "machine": {"cpu": "slow"}}), "utf-8")
    words = ["--motion-only", "--seconds", "4", "--sessions", "2", "--fail-slower"]
    assert profile(*words, "--against", str(path), "--out", str(tmp_path / "new")) == 1
    said = capsys.readouterr().out
    assert "another machine: cpu was slow" in said
    assert "one earlier run does not tell" in said
    report = json.loads((tmp_path / "new" / "report.json").read_text(encoding="utf-8"))
    names = [row["name"] for row in report["figures"] if row["kind"] == "work"]
    assert names == ["features", "noise", "encoder", "generator", "blend", "expression", "hop"]
    assert "each further step" in report["steps"]["rows"]
    assert [change["verdict"] for change in report["comparison"]["changes"]] == ["slower"]
    assert "Against" in (tmp_path / "new" / "report.html").read_text(encoding="utf-8")
