"""Curves of a run."""

import sys
from pathlib import Path

import pytest

from stream_engine.errors import AssetError
from training.curves import FILE, Curves, draw, main, read_curves


def test_rows_come_back_and_later_names_get_columns(tmp_path: Path) -> None:
    """A score that comes now and then leaves the other rows' cells empty."""
    curves = Curves(tmp_path / FILE, 0)
    curves.add({"step": 50, "seconds": 1.5, "rate": 1e-3, "total": 2.0})
    curves.add({"step": 100, "seconds": 3.0, "rate": 2e-3, "total": 1.0, "score": 0.5})
    text = (tmp_path / FILE).read_text(encoding="utf-8").splitlines()
    assert text[0] == "step,seconds,rate,total,score"
    assert text[1] == "50,1.5,0.001,2,"
    assert read_curves(tmp_path / FILE)[1]["score"] == 0.5
    assert not list(tmp_path.glob("*.new"))


def test_steps_done_again_are_not_there_twice(tmp_path: Path) -> None:
    """Going on from step 50 drops what was noted after it, and the clock goes on."""
    curves = Curves(tmp_path / FILE, 0)
    for step in (50, 100):
        curves.add({"step": step, "seconds": step / 10, "rate": 1.0, "total": float(step)})
    again = Curves(tmp_path / FILE, 60)
    assert again.seconds == 5.0
    again.add({"step": 100, "seconds": 11.0, "rate": 1.0, "total": 7.0})
    rows = read_curves(tmp_path / FILE)
    assert [row["step"] for row in rows] == [50, 100]
    assert rows[1]["total"] == 7.0


def test_a_file_of_something_else_is_an_error(tmp_path: Path) -> None:
    """Words, or columns of another table."""
    (tmp_path / "a.csv").write_text("step,seconds\nfast,1\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    for name in ("a.csv", "b.csv"):
        with pytest.raises(AssetError, match=name):
            read_curves(tmp_path / name)


@pytest.mark.slow
def test_pictures_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One beside each file; a folder without one is named."""
    run, empty = tmp_path / "run", tmp_path / "empty"
    run.mkdir()
    empty.mkdir()
    curves = Curves(run / FILE, 0)
    for step in (1, 2):
        curves.add({"step": step, "seconds": step, "rate": 1.0, "a": 1.0, "b": 2.0})
    monkeypatch.setattr(sys, "argv", ["curves", str(run), str(empty)])
    main()
    assert (run / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert f"{empty}: no {FILE}" in capsys.readouterr().out
    with pytest.raises(AssetError, match="no curves"):
        draw(empty)
