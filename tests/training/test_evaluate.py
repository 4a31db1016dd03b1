"""Scoring with the engine's own hop."""

from tests.training.evaluation.test_generate import make_hop
from tests.training.pairs_for_tests import made_up_pairs
from training.evaluate import as_table, evaluate


def test_the_table_has_model_baselines_floor_and_ceiling() -> None:
    """All rows are there and the ceiling is the best."""
    results = evaluate(made_up_pairs(4, seed=3), made_up_pairs(12), make_hop("balanced"), 3)
    table = as_table(results)
    for row in ("single sample", "mean of 3", "best of 3", "ridge", "floor", "ceiling"):
        assert row in table
    assert results["ceiling: the fit itself"]["lve_mm"] == 0.0
    best, single = (results[f"diffusion, {kind}"] for kind in ("best of 3", "single sample"))
    assert best["lve_mm"] <= single["lve_mm"]
