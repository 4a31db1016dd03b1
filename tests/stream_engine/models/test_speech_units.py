"""The unit recogniser."""

import torch

from stream_engine.models.speech_units import SpeechUnits, UnitsConfig


def test_a_unit_hears_only_so_far_ahead() -> None:
    """Speech later than the delay does not change a unit; speech inside it does."""
    torch.manual_seed(0)
    model = SpeechUnits(UnitsConfig()).eval()
    mel = torch.randn(1, 80, 80)
    changed = mel.clone()
    changed[:, 60:] += 3.0
    with torch.no_grad():
        moved = (model.represent(mel) - model.represent(changed)).abs().amax(-1)[0]
    reach = 30 - UnitsConfig().delay
    assert moved[:reach].max() < 1e-5
    assert moved[reach:].max() > 1e-3


def test_two_steps_of_speech_make_one_unit() -> None:
    """50 units a second of 100 mel steps, each below the count of clusters."""
    model = SpeechUnits(UnitsConfig(units=7)).eval()
    model.centroids.normal_()
    units = model(torch.randn(3, 50, 80))
    assert units.shape == (3, 25)
    assert int(units.max()) < 7
