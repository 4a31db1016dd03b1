"""The command as a user meets it."""

import json
import sys
from pathlib import Path

import pytest

from stream_engine.__main__ import main
from tests.training.data.made_up_grid import make_grid
from tests.training.sync.faces_for_tests import JawReader
from tests.training.sync.test_material import write
from tests.training.sync.test_worth import FITTED


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings of somebody, enough of them to join to a stream."""
    folder = tmp_path_factory.mktemp("recordings") / "stranger"
    make_grid(folder, 8, lengths=(75, 90))
    return folder


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_systems_are_evaluated_end_to_end(
    stranger: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Markdown out, JSON and pictures beside it, for recorded and made faces."""
    systems = {name: JawReader() for name in ("shipped", "critic", "loudness")}
    monkeypatch.setattr("training.sync.systems.open_systems", lambda folder: systems)
    monkeypatch.setattr("stream_engine.assemble_monitor.read_calibration", lambda *_: FITTED)
    monkeypatch.setattr("training.sync.material._NOISES", 2)
    names = ["v", "v", "v", "v"]
    made, music = (write(tmp_path / f"{name}.npz", name, names) for name in ("made", "tunes"))
    out = tmp_path / "out.json"
    line = ["monitor", "evaluate", "--data", str(stranger), "--speech", made, "--music", music]
    line += ["--systems", "loudness", "--clips", "8"]
    assert main([*line, "--json", str(out), "--picture", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert "## Real faces" in said.out
    assert "## Made faces by corpus, shipped" in said.out
    assert "| tunes |" in said.out
    assert "faces with faults: 0 of 8" in said.err
    found = json.loads(out.read_text())
    assert set(found["worth"]) == {"real", "made"}
    assert set(found["worth"]["real"]) == {"shipped", "loudness"}
    assert found["worth"]["made"]["shipped"]["auc"]["+200 ms"]["mean"] > 0.95
    assert {path.name for path in tmp_path.glob("*.png")} == {
        "monitor-real.png",
        "monitor-made.png",
    }


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (["--data", "/nowhere"], "no such folder of recordings"),
        (["--clips", "1"], "--clips is out of range"),
        (["--seed", "-1"], "--seed is out of range"),
        (["--json", "/nowhere/out.json"], "no folder to write to"),
        (["--picture", "/nowhere"], "no folder to draw in"),
        (["--systems", "rumour"], "--systems names one that is not there"),
        (["--monitor", "/nowhere"], "no ears to watch a face with"),
    ],
)
def test_mistakes_are_one_line_and_status_1(
    extra: list[str], said: str, stranger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said before any work is done."""
    assert main(["monitor", "evaluate", "--data", str(stranger), *extra]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert said in lines[0]


def test_a_missing_extra_is_named(
    stranger: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a traceback."""
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.stats", None)
    assert main(["monitor", "evaluate", "--data", str(stranger)]) == 1
    assert "elocute[train]" in capsys.readouterr().err
