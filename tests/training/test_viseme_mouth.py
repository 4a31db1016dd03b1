"""Visemes from made-up mouths: found again, and told by the voice that went with them."""

import sys
from pathlib import Path

import numpy as np
import pytest

from stream_engine.motion.arkit import COEFFICIENT_COUNT, INDEX
from stream_engine.motion.viseme_mouth import FEATURES, load_visemes
from stream_engine.types import F32
from training.viseme_mouth import cluster, fit, gather


def mouths(kinds: np.ndarray) -> F32:
    """Shut, open, round: jaw and pucker of each frame."""
    made = np.zeros((len(kinds), COEFFICIENT_COUNT), np.float32)
    made[kinds == 1, INDEX["jawOpen"]] = 0.6
    made[kinds == 2, INDEX["mouthPucker"]] = 0.8
    return made


def test_three_kinds_of_mouth_are_three_visemes() -> None:
    """The one at rest is always one of them."""
    kinds = np.random.default_rng(0).integers(3, size=400)
    noise = 0.01 * np.random.default_rng(1).standard_normal((400, COEFFICIENT_COUNT))
    poses = cluster((mouths(kinds) + noise).astype(np.float32), 3, seed=1)
    assert not poses[0].any()
    opened = sorted(round(float(p[INDEX["jawOpen"]]), 1) for p in poses)
    assert opened == [0.0, 0.0, 0.6]


def test_a_voice_that_tells_them_apart_gives_the_mouth() -> None:
    """One feature for each kind: the mixed pose is the mouth."""
    rng = np.random.default_rng(2)
    kinds = rng.integers(3, size=600)
    features = 0.1 * rng.standard_normal((600, FEATURES)).astype(np.float32)
    features[np.arange(600), kinds] += 2.0
    poses = mouths(np.arange(3))
    weights = fit(features, mouths(kinds), poses)
    logits = features @ weights[:-1] + weights[-1]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    made = (odds / odds.sum(axis=1, keepdims=True)) @ poses
    assert np.abs(made - mouths(kinds)).mean() < 0.005


def test_features_and_mouths_are_of_the_same_frames() -> None:
    """The frame that is looked ahead to costs one at the end."""
    mel = np.random.default_rng(3).standard_normal((2, 40, 80)).astype(np.float16)
    features, found = gather(mel, np.ones((2, 10, COEFFICIENT_COUNT), np.float16))
    assert features.shape == (18, FEATURES)
    assert found.shape == (18, COEFFICIENT_COUNT)
    assert not found[:, INDEX["browInnerUp"]].any()


def test_the_command_writes_what_the_engine_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From files of pairs and spoken faces to a file of visemes."""
    import training.viseme_mouth as recipe

    class Clips:
        rng = np.random.default_rng(4)
        mel = rng.standard_normal((6, 40, 80)).astype(np.float16)
        motion = rng.random((6, 10, COEFFICIENT_COUNT)).astype(np.float32)
        speaker = np.array(["a"] * 6)

    monkeypatch.setattr(recipe, "load_pairs", lambda path, split: Clips)
    monkeypatch.setattr(recipe, "load_spoken", lambda path: Clips)
    monkeypatch.setattr(recipe, "held_out", lambda name: False)
    out = tmp_path / "visemes.npz"
    monkeypatch.setattr(sys, "argv", ["x", "--pairs", "p", "--spoken", "s", "--out", str(out)])
    recipe.main()
    assert load_visemes(out).poses.shape == (recipe.COUNT, COEFFICIENT_COUNT)
