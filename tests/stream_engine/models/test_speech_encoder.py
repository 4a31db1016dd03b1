"""The speech encoder as a stream."""

import pytest
import torch

from stream_engine.models.speech_encoder import EncoderConfig, SpeechEncoder

CONFIG = EncoderConfig(width=16, dilations=(1, 2, 1))


@pytest.mark.parametrize("hop", [1, 2, 3])
def test_streaming_equals_whole_clips(hop: int) -> None:
    """Carrying state hop by hop gives what one pass over the clip gives."""
    torch.manual_seed(0)
    model = SpeechEncoder(CONFIG).eval()
    mel = torch.randn(2, 48, 80)
    with torch.no_grad():
        whole, _, _ = model(mel, *model.initial_state(2))
        state, pieces = model.initial_state(2), []
        for start in range(0, 48, 4 * hop):
            out, *state = model(mel[:, start : start + 4 * hop], *state)
            pieces.append(out)
    assert torch.allclose(torch.cat(pieces, dim=1), whole, atol=1e-5)


def test_no_feature_sees_later_speech() -> None:
    """A change in frame 5 leaves features 0..4 alone and reaches feature 5."""
    torch.manual_seed(0)
    model = SpeechEncoder(CONFIG).eval()
    mel = torch.randn(1, 40, 80)
    changed = mel.clone()
    changed[:, 20] += 1.0
    with torch.no_grad():
        first, second = (model(m, *model.initial_state(1))[0] for m in (mel, changed))
    moved = (first - second).abs().amax(dim=(0, 2)) > 1e-6
    assert moved.tolist()[:6] == [False] * 5 + [True]
