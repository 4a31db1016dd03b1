"""Scoring with the engine's own hop."""

import numpy as np
import pytest

from stream_engine.motion.arkit import INDEX
from stream_engine.motion.generator import MotionGenerator
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.noise import FrameNoise
from stream_engine.motion.window import PROFILES
from stream_engine.types import MelFrames
from tests.contracts.stream_contract import join_motion
from tests.fakes.linear_models import LinearEncoder, LinearSampler
from tests.training.pairs_for_tests import made_up_pairs
from training.evaluate import LipReader, as_table, evaluate, generate


def make_hop(profile: str) -> MotionHop:
    return MotionHop(LinearEncoder(), LinearSampler(), PROFILES[profile])


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_what_is_scored_is_what_is_served(profile: str) -> None:
    """A batch of clips gives each clip the motion a live session would."""
    hop, mel = make_hop(profile), made_up_pairs(3).mel.astype(np.float32)
    made = generate(hop, mel, range(2))
    assert made.shape == (2, 3, 24, 55)
    live = MotionGenerator(hop, FrameNoise(1001, 55))
    runs = [*live.feed(MelFrames(0, mel[1])), *live.finish()]
    assert np.allclose(join_motion(runs), made[1, 1], atol=1e-5)


def test_lips_are_read_in_millimetres() -> None:
    """A fully open jaw opens the lips by centimetres; neutral by nothing."""
    motion = np.zeros((1, 2, 55), np.float32)
    motion[0, 1, INDEX["jawOpen"]] = 1.0
    track = LipReader().read(motion)
    assert track.gap[0, 0] == 0.0
    assert 20 < track.gap[0, 1] < 60


def test_the_table_has_model_baselines_floor_and_ceiling() -> None:
    """All rows are there and the ceiling is the best."""
    results = evaluate(made_up_pairs(4, seed=3), made_up_pairs(12), make_hop("balanced"), 3)
    table = as_table(results)
    for row in (
        "single sample",
        "mean of 3",
        "best of 3",
        "ridge",
        "jaw from",
        "mean face",
        "floor",
        "ceiling",
    ):
        assert row in table
    assert results["ceiling: the fit itself"]["lve_mm"] == 0.0
    best, single = (results[f"diffusion, {kind}"] for kind in ("best of 3", "single sample"))
    assert best["lve_mm"] <= single["lve_mm"]
    moves = results["movement"]
    assert moves["lip_diversity_mm"] > 0.0
    assert not moves["silence_mm"] < 0.0
    assert np.isnan(moves["join_jump"])
