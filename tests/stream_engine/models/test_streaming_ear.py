"""The two small ears: hop by hop as the whole clip, nothing of later frames than the delay."""

import pytest
import torch
from torch import Tensor, nn

from stream_engine.models.streaming_ear import FaceEar, SpeechEar, StreamingEarConfig

CONFIG = StreamingEarConfig(width=16, units=12, dilations=(1, 2), delay=2)
FRAMES = 24


def ears() -> list[tuple[nn.Module, Tensor]]:
    """Both with an input of two clips, in evaluation mode."""
    torch.manual_seed(0)
    face, speech = FaceEar(CONFIG, 9), SpeechEar(CONFIG)
    torch.nn.init.normal_(face.front)
    return [
        (face.eval(), torch.randn(2, FRAMES, CONFIG.coefficients)),
        (speech.eval(), torch.randn(2, 4 * FRAMES, CONFIG.mel_bands)),
    ]


def silent(batch: int = 2) -> Tensor:
    return torch.zeros(batch, CONFIG.past_frames, CONFIG.width)


@pytest.mark.parametrize("which", [0, 1])
@torch.no_grad()
def test_hop_by_hop_is_the_whole_clip(which: int) -> None:
    """Any cut, with the past handed on."""
    ear, heard = ears()[which]
    rate = heard.shape[1] // FRAMES
    whole = ear(heard, silent())
    past, parts = silent(), []
    for first, end in ((0, 1), (1, 6), (6, 7), (7, 24)):
        *said, past = ear(heard[:, first * rate : end * rate], past)
        parts.append(said)
    for k in range(2):
        joined = torch.cat([part[k] for part in parts], dim=1)
        torch.testing.assert_close(joined, whole[k], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(past, whole[2], atol=1e-5, rtol=1e-5)
    assert whole[0].shape == (2, 2 * FRAMES, CONFIG.units)


@pytest.mark.parametrize("which", [0, 1])
@torch.no_grad()
def test_what_is_said_of_a_frame_knows_no_later_ones(which: int) -> None:
    """Causal: changing a frame changes nothing that was said before it came."""
    ear, heard = ears()[which]
    rate = heard.shape[1] // FRAMES
    before = ear(heard, silent())[0]
    heard[:, 10 * rate : 11 * rate] += 1.0
    after = ear(heard, silent())[0]
    changed = (after - before).abs().amax(dim=(0, 2)) > 1e-6
    assert not changed[: 2 * 10].any()
    assert changed[2 * 10 : 2 * 11].all()


def test_the_shipped_sizes_are_small() -> None:
    """Half a million numbers each: a twentieth of the generator's work for a frame."""
    config = StreamingEarConfig()
    for ear in (FaceEar(config, 55), SpeechEar(config)):
        assert 3e5 < sum(p.numel() for p in ear.parameters()) < 6e5
