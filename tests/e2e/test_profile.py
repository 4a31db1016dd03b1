"""``elocute profile`` for real: WebRTC, the shipped model, the head, four seconds of talk."""

import json
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.stream_engine.profiling.test_command import profile

pytestmark = [pytest.mark.gl, pytest.mark.net, pytest.mark.slow, pytest.mark.alone]

STAGES = (
    "capture", "jitter buffer", "resample", "features", "encoder", "generator", "blend", "mesh",
    "render", "read-back", "encode", "send",
)  # fmt: skip
TALK_S = 4.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run."""
    folder = tmp_path_factory.mktemp("profile")
    assert profile("--seconds", f"{TALK_S:g}", "--out", str(folder)) == 0
    return folder


@pytest.fixture(scope="module")
def report(folder: Path) -> dict[str, Any]:
    """What it says."""
    found: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return found


def test_every_stage_was_called_as_often_as_it_should(report: dict[str, Any]) -> None:
    """25 hops and pictures a second, 50 packets; three warm seconds."""
    work = {row["name"]: row for row in report["figures"] if row["kind"] == "work"}
    calls = {name: work[name]["calls"] for name in STAGES}
    assert min(calls.values()) > 0
    for name in ("features", "encoder", "generator", "blend"):
        assert 55 <= calls[name] <= 80, calls
    for name in ("capture", "jitter buffer", "resample"):
        assert 120 <= calls[name] <= 160, calls
    for name in ("mesh", "render", "read-back", "encode"):
        assert 30 <= calls[name] <= 80, calls
    assert calls["send"] > calls["encode"]
    assert report["summary"]["pictures received a second"] > 10


def test_the_times_add_up(report: dict[str, Any]) -> None:
    """No thread was busier than all the time; a picture takes longer than its window's speech."""
    work = {row["name"]: row for row in report["figures"] if row["kind"] == "work"}
    engine = ("features", "noise", "encoder", "generator", "blend", "expression", "hop")
    for thread in (engine, ("mesh", "render", "read-back"), ("encode",)):
        assert 0.0 < sum(work[name]["share"] for name in thread) <= 1.05
    for row in work.values():
        assert row["ms"]["p50"] <= row["ms"]["p99"] <= row["ms"]["max"]
        assert row["cpu_ms"] is None or row["cpu_ms"] <= row["ms"]["mean"] * 1.01
    assert report["summary"]["ms arrival to sent, p50"] > 120.0
    assert {row["name"] for row in report["figures"] if row["kind"] == "wait"} >= {
        "jitter buffer", "engine", "painter", "playout"
    }  # fmt: skip


def test_a_typical_picture_was_followed(report: dict[str, Any]) -> None:
    """Every part of its way, in order, and its steps timed apart."""
    segments = report["typical_frame"]["segments"]
    assert report["typical_frame"]["frames"] > 20
    assert [part["name"] for part in segments][-3:] == ["encode", "loop", "send"]
    for before, after in pairwise(segments):
        assert before["end_ms"] <= after["start_ms"] + 0.01
    rows = report["steps"]["rows"]
    assert 0.0 < rows["first step and commit"]["ms"] < rows["4 steps, whole"]["ms"]


def test_the_report_says_on_what_it_was_made(report: dict[str, Any], folder: Path) -> None:
    """Machine, versions, model, seeds; page and trace are there."""
    assert report["machine"]["cpu"]
    assert report["versions"]["onnxruntime"]
    assert set(report["model"]) == {"speech_encoder", "motion_sampler_1"}
    assert report["seeds"]["motion"] == 0
    assert (folder / "report.html").stat().st_size > 10_000


def test_the_trace_has_every_thread(folder: Path) -> None:
    """On each row events lie in each other or apart, as a viewer needs them."""
    events = json.loads((folder / "trace.json").read_text(encoding="utf-8"))["traceEvents"]
    names = {event["args"]["name"] for event in events if event["name"] == "thread_name"}
    assert {"engine", "render", "loop"} <= names
    ends = defaultdict(list)
    for event in (event for event in events if event["ph"] == "X"):
        row = ends[event["tid"]]
        while row and row[-1] <= event["ts"] + 0.01:
            row.pop()
        assert not row or event["ts"] + event["dur"] <= row[-1] + 0.01, event
        row.append(event["ts"] + event["dur"])
