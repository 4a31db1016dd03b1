"""What the recipes write is read back; what they did not write is refused."""

from pathlib import Path

import pytest
import torch

from stream_engine.errors import AssetError
from stream_engine.models.mesh_to_speech import MeshToSpeechConfig
from stream_engine.models.speech_encoder import EncoderConfig, SpeechEncoder
from stream_engine.models.speech_units import SpeechUnits, UnitsConfig
from tests.training.evaluation.tiny_model import tiny_checkpoint, tiny_model
from training.mesh_to_speech import build, save_ear
from trt_build.checkpoints import read_ear, read_encoder, read_motion, read_units

SMALL = MeshToSpeechConfig(width=32, heads=2, layers=1, kernel=5, units=4, dropout=0.0)


def test_an_ear_comes_back_frozen_and_the_same(tmp_path: Path) -> None:
    """Sizes, view and weights are in the file."""
    ear = build("mouth2s", torch.ones(55), SMALL, seed=3).eval()
    save_ear(tmp_path / "ear.pt", ear, {"split": "random"})
    again = read_ear(tmp_path / "ear.pt")[0]
    motion, voice = torch.randn(1, 6, 55), torch.randn(1, 160)
    assert torch.equal(ear(motion, voice)[0], again(motion, voice)[0])
    assert not any(p.requires_grad for p in again.parameters())


def test_units_come_back_from_a_file(tmp_path: Path) -> None:
    """The same units for the same speech."""
    model = SpeechUnits(UnitsConfig()).eval()
    model.centroids.normal_()
    torch.save(model.state_dict(), tmp_path / "u.pt")
    mel = torch.randn(2, 40, 80)
    assert torch.equal(model(mel), read_units(tmp_path / "u.pt")(mel))


@pytest.mark.parametrize("saved", [None, {}, {"squeeze.weight": torch.zeros(2, 2)}, [1]])
def test_what_is_no_units_is_refused(saved: object, tmp_path: Path) -> None:
    """A missing file, no weights, another network's, something else."""
    if saved is not None:
        torch.save(saved, tmp_path / "units.pt")
    with pytest.raises(AssetError, match="training.speech_units"):
        read_units(tmp_path / "units.pt")


@pytest.mark.parametrize("saved", [None, {"weights": {}}, {"config": {"ears": 2}, "weights": {}}])
def test_what_is_no_ear_is_refused(saved: dict[str, object] | None, tmp_path: Path) -> None:
    """A missing file, another checkpoint, another model's sizes."""
    if saved is not None:
        torch.save(saved, tmp_path / "ear.pt")
    with pytest.raises(AssetError, match="training.mesh_to_speech"):
        read_ear(tmp_path / "ear.pt")


def test_an_encoder_is_of_the_sizes_asked_for(tmp_path: Path) -> None:
    """Another size is refused, and so is a missing file."""
    config = EncoderConfig(width=16, dilations=(1, 2))
    torch.save(SpeechEncoder(config).state_dict(), tmp_path / "e.pt")
    assert read_encoder(tmp_path / "e.pt", config).config == config
    with pytest.raises(AssetError, match="width 24"):
        read_encoder(tmp_path / "e.pt", EncoderConfig(width=24))
    with pytest.raises(AssetError, match="speech_encoder"):
        read_encoder(tmp_path / "nothing.pt", config)


def test_a_motion_checkpoint_is_of_the_sizes_asked_for(tmp_path: Path) -> None:
    """Its averaged weights; another size, a missing file and another checkpoint are refused."""
    checkpoint, _ = tiny_checkpoint(tmp_path)
    weights = torch.load(checkpoint, weights_only=True)["averaged"]
    found = read_motion(checkpoint, tiny_model().config)
    assert all(torch.equal(value, weights[name]) for name, value in found.state_dict().items())
    with pytest.raises(AssetError, match="motion model cannot be read"):
        read_motion(checkpoint)
    with pytest.raises(AssetError, match=r"training\.motion"):
        read_motion(tmp_path / "nothing.pt")
    torch.save({"weights": {}}, checkpoint)
    with pytest.raises(AssetError, match="averaged"):
        read_motion(checkpoint)
