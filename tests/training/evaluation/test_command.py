"""The command as a user meets it."""

import json
import sys
from pathlib import Path

import pytest

from stream_engine.__main__ import main
from stream_engine.assemble import MODEL_FOLDER
from tests.training.data.made_up_grid import make_grid
from tests.training.evaluation.recordings_for_tests import made_up_recordings
from training.evaluation.baselines import fingerprint
from training.evaluation.command import _seen
from training.evaluation.recordings import RecordingSet


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings of a face of other proportions, one clip of four without audio."""
    folder = tmp_path_factory.mktemp("recordings") / "stranger"
    make_grid(folder, 4, lengths=(75, 90), proportions=(0.9, 1.1, 1.0))
    (folder / "audio" / "clip2.opus").unlink()
    return folder


@pytest.mark.slow
def test_a_stranger_is_scored_end_to_end(
    stranger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Markdown out, JSON beside it, the broken clip reported, no seen clip."""
    out = tmp_path / "out.json"
    line = ["evaluate", "--data", str(stranger), "--samples", "2", "--json", str(out)]
    assert main([*line, "--steps", "1", "--steps", "2", "--profile", "quality"]) == 0
    said = capsys.readouterr()
    assert "could not be used and are left out: 1" in said.err
    assert "scoring shipped, quality, 2 steps" in said.err
    for row in ("1 step: one sample", "2 steps: mean of 2", "6 frames ahead", "floor", "ceiling"):
        assert f"{row}" in said.out
    assert "WARNING" not in said.out
    found = json.loads(out.read_text())
    assert found["about"]["clips"] == 3
    assert "clip2" in found["about"]["clips left out"]
    assert found["about"]["clips the shipped model and the baselines were trained on"] == 0
    ceiling = found["lips"]["ceiling: the fit itself"]
    assert ceiling["gap_pcc"]["mean"] > 0.97
    single = found["lips"]["shipped, quality, 2 steps: one sample"]["gap_pcc"]
    assert single["low"] <= single["mean"] <= single["high"]
    assert single["clips"] == 3
    heard = found["hearing"]
    assert {"recording", "floor: real face of another clip", "mean face"} < set(heard)
    assert 0.0 < heard["shipped, quality, 1 step"]["unit_error"]["mean"] <= 1.0
    assert found["about"]["second mesh-to-speech"].startswith("sha256 ")
    assert "## What a second mesh-to-speech hears" in said.out


@pytest.mark.slow
def test_clips_from_the_training_data_are_said_loudly(
    stranger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On standard error and above the figures."""
    monkeypatch.setattr("training.evaluation.command._seen", lambda found, trained: 2)
    assert main(["evaluate", "--data", str(stranger), "--samples", "1"]) == 0
    said = capsys.readouterr()
    assert "WARNING: 2 of 3 clips were in the training data" in said.err
    assert "**WARNING: 2 of 3" in said.out


def test_seen_clips_are_counted_by_their_fingerprints() -> None:
    """One of three was learned from."""
    recordings = made_up_recordings()
    pair = recordings[1].pair
    trained = {fingerprint(pair.name, pair.word), 12345}
    assert _seen(RecordingSet(recordings, {}), trained) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (["--data", "/nowhere"], "no such folder of recordings"),
        (["--samples", "0"], "--samples is out of range"),
        (["--clips", "0"], "--clips is out of range"),
        (["--profile", "slow"], "unknown latency profile"),
        (["--steps", "3"], "no model for this step count"),
        (["--model", "/nowhere"], "no such model folder"),
        (["--model", f"a={MODEL_FOLDER}", "--model", f"a={MODEL_FOLDER}"], "two models"),
        (["--words", "xylophone"], "no clip is left"),
        (["--json", "/nowhere/out.json"], "no folder to write to"),
    ],
)
def test_mistakes_are_one_line_and_status_1(
    extra: list[str], said: str, stranger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said before any work is done."""
    assert main(["evaluate", "--data", str(stranger), *extra]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert said in lines[0]


def test_a_missing_extra_is_named(
    stranger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a traceback."""
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.signal", None)
    assert main(["evaluate", "--data", str(stranger)]) == 1
    assert "elocute[train]" in capsys.readouterr().err


def test_a_missing_judge_is_said_before_any_work(
    stranger: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One line that says what to do."""
    monkeypatch.setattr("training.evaluation.second_ear.JUDGE_FOLDER", tmp_path)
    assert main(["evaluate", "--data", str(stranger)]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert f"no ear.json, ear.onnx in {tmp_path}" in line
    assert "export_ear" in line


def test_help_explains_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    """Listed with the other commands."""
    with pytest.raises(SystemExit):
        main(["evaluate", "--help"])
    text = capsys.readouterr().out
    for option in ("--data", "--model", "--profile", "--steps", "--unseen", "--words", "--json"):
        assert option in text
