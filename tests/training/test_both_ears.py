"""Both ears in training: what they are compared with, and where they begin."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from stream_engine.models.streaming_ear import StreamingEarConfig
from tests.training.ears_for_tests import FRAMES, SMALL, clips, scale_of
from training.both_ears import Ears, begun, errors


def test_what_is_heard_of_a_frame_is_compared_with_that_frame() -> None:
    """Outputs are those of the frames `delay` before, so the last ones lack a target."""
    made = clips(2, 2)
    ears = Ears(SMALL, scale_of(made)).eval()
    motion = torch.from_numpy(np.asarray(made.motion, np.float32))
    mel = torch.from_numpy(made.mel.astype(np.float32))
    units, drawn, voice, speaking = ears(motion, mel)
    heard = 2 * (FRAMES - SMALL.delay)
    assert units.shape[1] == drawn.shape[1] == voice.shape[1] == speaking.shape[1] == heard
    moved = motion.clone()
    moved[:, 40:] += 0.3
    changed = (ears(moved, mel)[0] != units).any(dim=-1).any(dim=0)
    assert int(changed.nonzero()[0]) == 2 * (40 - SMALL.delay)
    found = errors(ears, made)
    assert set(found) == {"face", "voice", "speech", "lag"}
    assert all(0.0 <= share <= 1.0 for share in found.values())


def test_ears_go_on_from_a_checkpoint_with_its_sizes(tmp_path: Path) -> None:
    """Without one they are new, of the recipe's sizes."""
    scale = scale_of(clips(2, 3))
    ears, path = Ears(SMALL, scale), tmp_path / "ears.pt"
    torch.save({"weights": ears.state_dict(), "config": asdict(SMALL)}, path)
    wide = StreamingEarConfig(width=24, dilations=(1,), delay=1)
    again = begun(path, wide, scale)
    assert again.config == SMALL
    for name, value in ears.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name
    assert all(weight.requires_grad for weight in again.parameters())
    assert begun(None, wide, scale).config == wide
