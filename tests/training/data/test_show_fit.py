"""The picture of a fit."""

import sys
from pathlib import Path

import pytest

from tests.training.data.made_up_grid import make_grid
from training.data.show_fit import main


@pytest.mark.slow
@pytest.mark.gl
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_picture_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command writes a PNG of points and rendered heads."""
    grid, out = make_grid(tmp_path / "grid", clips=2), tmp_path / "fit.png"
    monkeypatch.setattr(
        sys, "argv", ["show_fit", "--grid", str(grid), "--clip", "clip1", "--out", str(out)]
    )
    main()
    assert out.read_bytes().startswith(b"\x89PNG")
    assert out.stat().st_size > 50_000
