"""What fewer steps cost."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from stream_engine.errors import ConfigError
from tests.training.evaluation.tiny_model import tiny_checkpoint
from tests.training.pairs_for_tests import made_up_pairs
from training.evaluation.metrics import ClipScores
from training.evaluation.step_table import (
    HELD,
    Row,
    as_markdown,
    main,
    met,
    ratios,
    reference,
    step_counts,
)
from trt_build.bench import HopTimes


def row(model: str, steps: int, share: float) -> Row:
    clips = np.random.default_rng(0).uniform(0.5, 1.5, 40) * share
    lips: ClipScores = {"lip_pcc": clips, "lve_mm": clips, "lip_pcc_words": clips}
    moves = {"lip_diversity_mm": clips, "upper_diversity_mm": clips}
    times = HopTimes(1, 2.0, 3.0, 4.0, 2.0)
    return Row(model, steps, "torch", times, {"one sample": lips, "movement": moves})


def test_students_are_held_to_the_teachers_most_steps() -> None:
    """A steady share of the teacher is known exactly, however clips differ."""
    rows = [row("teacher", 8, 1.0), row("teacher", 2, 5.0), row("student", 2, 0.97)]
    assert reference(rows) is rows[0]
    found = ratios(rows)
    assert list(found) == ["student, 2 steps"]
    for metric in HELD:
        ratio = found["student, 2 steps"][metric]
        assert (ratio.mean, ratio.low, ratio.high) == pytest.approx((0.97, 0.97, 0.97))


def test_better_lips_pass_and_other_diversity_does_not() -> None:
    """Two steps: 2 % of lips, 5 % of diversity; one step: 5 %; no bar elsewhere."""
    assert met("lip_pcc", 0.981, 2)
    assert not met("lip_pcc", 0.979, 2)
    assert met("lip_pcc", 1.2, 2)
    assert met("lve_mm", 0.5, 2)
    assert not met("lve_mm", 1.03, 2)
    assert met("lve_mm", 1.03, 1)
    assert not met("lip_diversity_mm", 0.94, 2)
    assert not met("upper_diversity_mm", 1.06, 1)
    assert met("lip_pcc", 0.5, 4) is None


def test_verdicts_stand_in_the_table() -> None:
    """Per metric, with the interval."""
    text = as_markdown([row("teacher", 8, 1.0), row("student", 2, 0.97)])
    line = next(x for x in text.splitlines() if x.startswith("| student, 2 steps"))
    assert line.count(": met") == 3  # LVE and both diversities
    assert line.count(": not met") == 1
    assert "| one sample: lip PCC, words |" in text
    assert "| ms per hop on one thread, p95 | 3.00 | 3.00 |" in text


def test_step_counts_belong_to_models() -> None:
    """One list for all, or one each."""
    assert step_counts([[1, 2]], 2) == [[1, 2], [1, 2]]
    assert step_counts([[8], [1, 2]], 2) == [[8], [1, 2]]
    for wrong in ([[1], [2], [3]], [[0], [1]]):
        with pytest.raises(ConfigError, match="--steps does not fit"):
            step_counts(wrong, 2)


@pytest.mark.slow
def test_the_command_scores_and_times_every_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Teacher and student at their own step counts; the JSON holds every figure."""
    made_up_pairs(6).save(tmp_path / "p.npz")
    (first, recipe), (second, _) = tiny_checkpoint(tmp_path, 0), tiny_checkpoint(tmp_path, 1)
    about = ["--pairs", str(tmp_path / "p.npz"), "--recipe", str(recipe), "--samples", "2"]
    models = ["--model", f"t={first}", "--steps", "3", "--model", f"s={second}", "--steps", "1"]
    last = ["--hops", "5", "--json", str(tmp_path / "s.json")]
    monkeypatch.setattr(sys, "argv", ["steps", *about, *models, *last])
    main()
    out = capsys.readouterr().out
    assert "| | t, 3 steps | s, 1 step |" in out
    for row_name in (
        "mean of 2: LVE mm",
        "movement: upper-face diversity mm",
        "best of 2: lip PCC",
    ):
        assert f"| {row_name} |" in out
    saved = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    assert saved["teacher"] == "t, 3 steps"
    assert saved["systems"]["s, 1 step"]["ms_per_hop"]["p50"] > 0.0
    assert set(saved["ratios"]["s, 1 step"]) == set(HELD)
    assert saved["ratios"]["s, 1 step"]["lip_diversity_mm"]["met"] in (True, False)
