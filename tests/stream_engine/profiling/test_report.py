"""Figures, lines, files."""

import json
from pathlib import Path

import pytest

from stream_engine.errors import ConfigError
from stream_engine.profiling.compare import Change
from stream_engine.profiling.figures import Period
from stream_engine.profiling.report import (
    Run,
    change_lines,
    figure_lines,
    figures_of,
    write_report,
)
from stream_engine.telemetry.spans import Recorder
from tests.fakes.recorded_talk import BEGAN, MS, talk


class Played(Recorder):
    """A recorder that has heard the talk."""

    def spans(self):  # type: ignore[no-untyped-def]
        """Those of the talk."""
        return talk(75)[0]

    def waits(self):  # type: ignore[no-untyped-def]
        """Those of the talk."""
        return talk(75)[1]


RUN = Run(Played(), Period(BEGAN, BEGAN + 3000 * MS), 75, {"video_frames_total": 75})


def test_a_run_comes_to_plain_data() -> None:
    """What was sent per second, how long it took, how busy the threads were."""
    report = figures_of(RUN)
    assert report["seconds"] == {"cold": 1.0, "warm": 2.0}
    assert report["summary"]["ms arrival to sent, p50"] == 173.0
    assert report["summary"]["pictures received a second"] == 25.0
    assert report["summary"]["threads busy"] == pytest.approx(0.87, abs=0.02)
    assert (report["notes"], report["typical_frame"]["frames"]) == ([], 50)
    json.dumps(report, allow_nan=False)


def test_lines_for_a_terminal() -> None:
    """A line for each stage, wait, step and summary; a step not had is said."""
    report = figures_of(RUN) | {"steps": {"missing": "no graph"}}
    lines = figure_lines(report)
    assert any(line.startswith("render") and line.endswith("30.0 %") for line in lines)
    assert "no steps: no graph" in lines
    assert lines.index("no steps: no graph") > next(
        at for at, line in enumerate(lines) if line.startswith("playout")
    )
    report["steps"] = {"rows": {"each further step": {"ms": 2.0, "low": 1.5, "high": 2.5}}}
    assert any("2.000 [1.500, 2.500]" in line for line in figure_lines(report))
    change = Change("render", "work", "slower", 1.0, 1.3, 1.3, 1.2, 1.4)
    said = change_lines([change], ["another machine"])
    assert said[1] == "another machine"
    assert said[-1].split() == ["render", "work", "1.30", "[1.20,", "1.40]", "slower"]


def test_a_folder_that_is_none_is_an_error_in_words(tmp_path: Path) -> None:
    """Not a traceback."""
    from tests.stream_engine.profiling.test_page import REPORT

    write_report(tmp_path, REPORT, RUN.recorder)
    assert {path.name for path in tmp_path.iterdir()} == {
        "report.json", "report.html", "trace.json"
    }  # fmt: skip
    with pytest.raises(ConfigError, match="--out cannot be written"):
        write_report(tmp_path / "none", REPORT, RUN.recorder)
