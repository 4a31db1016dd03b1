"""Learning to hear a face."""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from stream_engine.models.mesh_to_speech import MeshToSpeechConfig
from stream_engine.models.speech_units import SpeechUnits, UnitsConfig
from tests.training.pairs_for_tests import made_up_pairs
from training.dataset import PairSet, coefficient_scale
from training.mesh_to_speech import (
    Heard,
    Recipe,
    build,
    chance_errors,
    hearing_errors,
    pick,
    run,
    train,
)
from training.place import HERE

SMALL = MeshToSpeechConfig(width=32, heads=2, layers=1, kernel=5, units=4, dropout=0.0)


def said(pairs: PairSet) -> Heard:
    """Units that follow how far the jaw is open."""
    gap = pairs.gap / pairs.gap.max()
    return Heard(np.repeat((gap * 3.999).astype(np.int64), 2, axis=1), pairs.mel)


@pytest.mark.slow
def test_what_a_jaw_says_can_be_heard() -> None:
    """On unseen clips units and mel are heard far better than by chance."""
    learned, unseen = made_up_pairs(24, seed=1), made_up_pairs(8, seed=2)
    scale = coefficient_scale(learned.motion)
    ear = build("jaw2s", scale, SMALL, seed=0)
    recipe = Recipe(batch=8, rate=5e-3, steps=150, noise=0.05)
    train(learned, said(learned), ear, scale, recipe)
    judged = torch.from_numpy(unseen.speaking)
    errors = hearing_errors(ear, torch.from_numpy(unseen.motion), said(unseen), judged)
    chance = chance_errors(said(learned), said(unseen), judged)
    assert errors["unit_error"] < 0.6 * chance["unit_error"]
    assert errors["mel_l1"] < 0.6 * chance["mel_l1"]
    still = torch.zeros(*unseen.motion.shape)
    assert hearing_errors(ear, still, said(unseen), judged)["unit_error"] > 0.4


def test_chance_is_the_best_an_ear_can_do_without_a_face() -> None:
    """Naming the commonest unit is wrong as often as it is not that unit."""
    units = np.array([[0, 0, 0, 1, 1, 2]])
    heard = Heard(units, np.zeros((1, 12, 80), np.float16))
    chance = chance_errors(heard, heard, torch.tensor([[False, True, True]]))
    assert chance["unit_error"] == pytest.approx(0.5)
    assert chance["unit_error_words"] == pytest.approx(0.5)
    assert chance["mel_l1"] == 0.0


def test_picking_takes_the_same_rows_of_everything() -> None:
    """Units and mel stay together."""
    pairs = made_up_pairs(5)
    rows = np.array([3, 1])
    picked = pick(said(pairs), rows)
    assert np.array_equal(picked.mel, pairs.mel[rows])
    assert np.array_equal(picked.units, said(pairs).units[rows])


def test_labelled_faces_are_learned_from_but_not_judged_on(tmp_path: Path) -> None:
    """Of the first file only the split's part is learned from; of the second, everything."""
    recorded, made = made_up_pairs(6), made_up_pairs(5, seed=3)
    recorded.save(tmp_path / "recorded.npz")
    labelled = np.ones(len(made), bool)
    replace(made, labelled=labelled, split=np.full(5, "train")).save(tmp_path / "made.npz")
    torch.save(SpeechUnits(UnitsConfig()).state_dict(), tmp_path / "units.pt")
    (tmp_path / "tiny.toml").write_text(
        "[recipe]\nbatch = 2\nsteps = 2\n[sizes]\nwidth = 16\nheads = 2\nlayers = 1\nkernel = 3\n",
        encoding="utf-8",
    )
    options = argparse.Namespace(
        pairs=[tmp_path / "recorded.npz", tmp_path / "made.npz"], units=tmp_path / "units.pt",
        recipe=tmp_path / "tiny.toml", split="random", front="mouth2s", second=False,
        steps=None, seed=None, minutes=1.0, out=tmp_path / "ear.pt",
    )  # fmt: skip
    run(options, HERE)
    about = torch.load(tmp_path / "ear.pt", weights_only=True)
    assert about["clips"] == {"recorded": 3, "labelled": 5}
    assert 0.0 < about["report"]["real"]["unit_error"] <= 1.0
