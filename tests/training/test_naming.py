"""Teaching a network its phones."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tests.training.test_speech_units import make_network, toy_speech
from training.naming import Labelled, Naming, Recipe, phone_errors
from training.optimisation import read_checkpoint, write_checkpoint
from training.place import Place


@pytest.mark.slow
@pytest.mark.parametrize("half", [False, True])
def test_resumed_is_uninterrupted(tmp_path: Path, half: bool) -> None:
    """The schedule goes on, too."""
    recipe = Recipe(batch=2, steps=6, half=half)
    first = Naming(make_network(), toy_speech(8, 1), recipe)
    first.advance()
    write_checkpoint(tmp_path / "c.pt", first.state())
    second = Naming(make_network(), toy_speech(8, 1), recipe)
    second.restore(read_checkpoint(tmp_path / "c.pt"))
    for _ in range(5):
        assert first.advance() == second.advance()
        assert first.rate == second.rate


def test_a_step_never_waits_for_its_device() -> None:
    """On a device without values reading one would fail, as would adding it to one on the CPU."""
    place = Place(torch.device("meta"))
    terms = Naming(make_network(), toy_speech(8, 1), Recipe(batch=2, steps=6), place).advance()
    assert {term.device.type for term in terms.values()} == {"meta"}


def test_errors_are_counted_in_all_and_in_speech() -> None:
    """A network that always says silence errs in all of the speech, and nowhere else."""

    class Silent(nn.Module):
        def forward(self, mel: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.one_hot(mel[..., 0].long() * 0, 5).float()

    phones = np.array([[0, 0, 3, 1], [0, 2, 0, 0]], np.uint8)
    data = Labelled(np.zeros((2, 4, 80), np.float16), phones)
    assert phone_errors(Silent(), data, np.arange(2)) == {"phone_error": 3 / 8, "speech_error": 1.0}
    assert phone_errors(Silent(), data, np.array([1]))["phone_error"] == 1 / 4
