"""Teaching a model to hear, step by step."""

from pathlib import Path

import pytest
import torch

from tests.training.pairs_for_tests import made_up_pairs
from tests.training.test_mesh_to_speech import SMALL, said
from training.dataset import coefficient_scale
from training.hearing import Hearing, Recipe, hearing_loss, train
from training.mesh_to_speech import build
from training.optimisation import read_checkpoint, write_checkpoint
from training.place import HERE, Place


def make_hearing(half: bool = False, place: Place = HERE) -> Hearing:
    pairs = made_up_pairs(8)
    scale = coefficient_scale(pairs.motion)
    ear = build("jaw2s", scale, SMALL, seed=0)
    return Hearing(pairs, said(pairs), ear, scale, Recipe(batch=4, steps=6, half=half), place)


@pytest.mark.parametrize("half", [False, True])
def test_resumed_is_uninterrupted(tmp_path: Path, half: bool) -> None:
    """Weights, moments, draws and dropout come back."""
    first = make_hearing(half)
    first.advance()
    write_checkpoint(tmp_path / "c.pt", first.state())
    second = make_hearing(half)
    second.restore(read_checkpoint(tmp_path / "c.pt"))
    assert second.step == 1
    for _ in range(2):
        assert first.advance() == second.advance()


def test_training_in_one_go_is_the_same_training() -> None:
    """`train` takes the steps a session would take."""
    pairs = made_up_pairs(8)
    scale = coefficient_scale(pairs.motion)
    ears = [build("jaw2s", scale, SMALL, seed=0) for _ in range(2)]
    recipe = Recipe(batch=4, steps=2)
    train(pairs, said(pairs), ears[0], scale, recipe)
    hearing = Hearing(pairs, said(pairs), ears[1], scale, recipe)
    hearing.advance()
    hearing.advance()
    for one, other in zip(ears[0].parameters(), ears[1].parameters(), strict=True):
        assert torch.equal(one, other)
    assert not ears[0].training


def test_a_step_never_waits_for_its_device() -> None:
    """On a device without values reading one would fail, as would adding it to one on the CPU."""
    terms = make_hearing(place=Place(torch.device("meta"))).advance()
    assert {term.device.type for term in terms.values()} == {"meta"}


def test_a_perfect_ear_loses_nothing() -> None:
    """The right units, named with certainty, and the right mel."""
    units, mel = torch.tensor([[0, 1]]), torch.ones(1, 4, 3)
    sure = torch.eye(2)[units] * 100.0
    terms = hearing_loss(sure, mel, units, mel, Recipe(smoothing=0.0))
    assert float(terms["units"]) == pytest.approx(0.0, abs=1e-6)
    assert float(terms["mel"]) == 0.0
    wrong = hearing_loss(sure.flip(1), 2 * mel, units, mel, Recipe(smoothing=0.0, mel_weight=2.0))
    assert float(wrong["units"]) == pytest.approx(100.0)
    assert float(wrong["mel"]) == pytest.approx(4.0)  # 2 x (L1 of 1 and convergence of 1)
