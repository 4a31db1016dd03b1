"""Running the variants."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.test_experiment import toy_files
from training.ablation import CONTROL, RIDGE, VARIANTS, Ablation
from training.ablation_table import read_runs
from training.evaluation.scoring import FLOOR


@pytest.mark.slow
def test_a_variant_is_run_scored_and_not_run_again(tmp_path: Path) -> None:
    """Control and mix go on from one base, get every score, and a second call changes nothing."""
    ablation = Ablation(toy_files(tmp_path), "few-10")
    for label in (CONTROL, "best mix", "best mix, lively"):
        ablation.run(label, VARIANTS[label], seed=1)
    results = tmp_path / "out" / "results.jsonl"
    written = results.read_text(encoding="utf-8")
    ablation.run("best mix", VARIANTS["best mix"], seed=1)
    assert results.read_text(encoding="utf-8") == written
    runs = read_runs(results)["few-10"]
    assert set(runs) == {CONTROL, "best mix", "best mix, lively"}
    for seeds in runs.values():
        scores = seeds[1]
        assert {"one sample", "mean of 2", "best of 2", "movement", "judge"} <= set(scores)
        assert np.isfinite(scores["one sample"]["lip_pcc"])
        assert 0.0 <= scores["judge"]["unit_error"] <= 1.0
    mix, lively = (runs[name][1]["movement"] for name in ("best mix", "best mix, lively"))
    assert lively["upper_diversity_mm"] > mix["upper_diversity_mm"]
    heard = json.loads(written.splitlines()[1])["terms"]
    assert {"heard_units", "heard_mel", "speech_units", "speech_held"} <= set(heard)
    weights = [
        torch.load(tmp_path / "out" / "few-10" / f"{name}-1.pt", weights_only=True)["averaged"]
        for name in ("no-M2S", "best-mix")
    ]
    assert any(not torch.equal(weights[0][key], weights[1][key]) for key in weights[0])


def test_every_row_of_the_paper_and_ours_is_there() -> None:
    """The control hears nothing; the mix keeps its gradient off the upper face."""
    assert VARIANTS[CONTROL].ear is None
    assert {"face2s", "exp2s", "mouth2s", "mouth2s + speech", "best mix"} < set(VARIANTS)
    assert VARIANTS["best mix"].weights.mouth_only
    assert not VARIANTS["mouth2s"].weights.mouth_only


def test_floor_and_ridge_are_scored_once(tmp_path: Path) -> None:
    """A regression on the split's own clips beats the lips of another clip, in and out of words."""
    ablation = Ablation(toy_files(tmp_path), "few-10")
    ablation.bounds()
    results = tmp_path / "out" / "results.jsonl"
    written = results.read_text(encoding="utf-8")
    ablation.bounds()
    assert results.read_text(encoding="utf-8") == written
    runs = read_runs(results)["few-10"]
    floor, ridge = (runs[name][0]["one sample"] for name in (FLOOR, RIDGE))
    assert ridge["gap_pcc"] > floor["gap_pcc"] + 0.2
    assert ridge["gap_pcc_words"] > floor["gap_pcc_words"]
