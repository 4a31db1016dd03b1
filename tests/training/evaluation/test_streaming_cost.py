"""What waiting less costs."""

import json
import sys
from pathlib import Path

import pytest

from tests.training.pairs_for_tests import made_up_pairs
from training.evaluation.streaming_cost import HOPS, LOOKAHEADS, main, windows


def test_every_lookahead_meets_every_hop() -> None:
    """Ten windows, none twice, shortest latency first."""
    made = windows()
    assert {(w.hop_frames, w.lookahead_frames) for w in made} == {
        (h, a) for h in HOPS for a in LOOKAHEADS
    }
    assert len(made) == len(HOPS) * len(LOOKAHEADS)
    assert [w.latency for w in made] == sorted(w.latency for w in made)


@pytest.mark.slow
def test_the_table_has_a_row_for_every_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The shipped model runs at all of them, no lookahead included."""
    made_up_pairs(4).save(tmp_path / "p.npz")
    arguments = ["--pairs", str(tmp_path / "p.npz"), "--samples", "1", "--steps", "1"]
    monkeypatch.setattr(sys, "argv", ["cost", *arguments, "--json", str(tmp_path / "c.json")])
    main()
    assert capsys.readouterr().out.count("| hop ") == 1 + len(windows())
    table = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert all(0.0 < row["lve_mm"] < 50.0 for row in table.values())
