"""The ear."""

import torch

from stream_engine.models.mesh_to_speech import MeshToSpeech, MeshToSpeechConfig, voice_of

SMALL = MeshToSpeechConfig(measurements=8, width=32, heads=2, layers=2, kernel=5)


def test_two_units_and_four_steps_of_mel_to_a_frame() -> None:
    """50 Hz and 100 Hz from 25 fps, batched or alone."""
    torch.manual_seed(0)
    ear = MeshToSpeech(SMALL).eval()
    ear.front.normal_()
    motion, voice = torch.randn(3, 20, 55), torch.randn(3, 160)
    units, mel = ear(motion, voice)
    assert units.shape == (3, 40, 100)
    assert mel.shape == (3, 80, 80)
    alone = ear(motion[1:2], voice[1:2])
    assert torch.allclose(units[1:2], alone[0], atol=1e-5)
    assert torch.allclose(mel[1:2], alone[1], atol=1e-5)


def test_the_voice_colours_the_mel_and_not_the_units() -> None:
    """What is said does not depend on who says it."""
    torch.manual_seed(0)
    ear = MeshToSpeech(SMALL).eval()
    ear.front.normal_()
    motion = torch.randn(1, 10, 55)
    one, other = (ear(motion, torch.full((1, 160), value)) for value in (0.0, 1.0))
    assert torch.equal(one[0], other[0])
    assert (one[1] - other[1]).abs().max() > 1e-3


def test_a_voice_is_its_loud_half() -> None:
    """Pauses of any length and depth leave the speaker vector alone."""
    speech = torch.randn(1, 40, 80) + torch.linspace(1, 3, 80)
    short = torch.cat([speech, torch.full((1, 40, 80), -3.0)], dim=1)
    deeper = torch.cat([speech, torch.full((1, 40, 80), -6.0)], dim=1)
    assert torch.allclose(voice_of(short), voice_of(deeper), atol=1e-4)
    assert torch.allclose(voice_of(short)[0, :80], speech.mean((0, 1)), atol=0.2)
