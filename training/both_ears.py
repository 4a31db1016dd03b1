"""The monitor's two ears in training: begun, compared, and how wrong they are."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.models.streaming_ear import (
    STEPS_PER_FRAME,
    FaceEar,
    SpeechEar,
    StreamingEarConfig,
)
from stream_engine.monitor.sync_evidence import LEAST_PRIOR
from training.fronts import front_matrix
from training.lag_contrast import Heard, misplaced
from training.listening import Material, prior_of
from trt_build.checkpoints import read_streaming_ears


class Ears(nn.Module):
    """Both, trained side by side; they share nothing but what they are asked.

    Args:
        config: Sizes.
        scale: Spread of each coefficient, float32 [D].
    """

    def __init__(self, config: StreamingEarConfig, scale: Tensor) -> None:
        super().__init__()
        self.config = config
        matrix = front_matrix("mouth2s", load_head_asset(), scale)
        self.face = FaceEar(config, matrix.shape[1])
        self.face.front.copy_(matrix)
        self.speech = SpeechEar(config)

    def forward(self, motion: Tensor, mel: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Units and mel of the face, units and speech of the voice, of frames [0, T - delay)."""
        config = self.config
        past = motion.new_zeros(len(motion), config.past_frames, config.width)
        from_face, drawn, _ = self.face(motion, past)
        from_voice, speaking, _ = self.speech(mel, past)
        skip = STEPS_PER_FRAME * config.delay
        return from_face[:, skip:], drawn[:, skip:], from_voice[:, skip:], speaking[:, skip:, 0]


def begun(start: Path | None, sizes: StreamingEarConfig, scale: Tensor) -> Ears:
    """Ears that have learned nothing, or those of a checkpoint, with its sizes."""
    if start is None:
        return Ears(sizes, scale)
    face, speech, _ = read_streaming_ears(start)
    ears = Ears(face.config, scale)
    ears.face.load_state_dict(face.state_dict())
    ears.speech.load_state_dict(speech.state_dict())
    return ears


def known_prior(*sets: Material) -> Tensor:
    """How common each unit is in speech, none of them impossible, float32 [K]."""
    return torch.from_numpy(prior_of(*sets)).float().clamp_min(LEAST_PRIOR)


def compared(
    from_face: Tensor, drawn: Tensor, from_voice: Tensor, coarse: Tensor, prior: Tensor
) -> tuple[Heard, Heard]:
    """What face and voice say, as the evidence compares it.

    Args:
        from_face: Unit logits of the face, float32 [B, U, K].
        drawn: Mel of the face, float32 [B, U, C].
        from_voice: Unit logits of the voice, float32 [B, U, K].
        coarse: Mel of the voice, float32 [B, U, C].
        prior: How common each unit is, float32 [K].

    Returns:
        Face and voice.
    """
    over = from_face.log_softmax(dim=-1) - prior.log()
    return Heard(over, drawn), Heard(from_voice.softmax(dim=-1), coarse)


@torch.no_grad()
def errors(ears: Ears, chosen: Material, batch: int = 64) -> dict[str, float]:
    """Units misheard in speech, speech taken for none or the reverse, windows at a wrong lag."""
    ears.eval()
    prior = known_prior(chosen)
    skip = STEPS_PER_FRAME * ears.config.delay
    wrong: dict[str, list[NDArray[np.bool_]]] = {"face": [], "voice": [], "speech": [], "lag": []}
    for at in range(0, len(chosen.motion), batch):
        rows = slice(at, at + batch)
        motion = torch.from_numpy(chosen.motion[rows].astype(np.float32))
        mel = torch.from_numpy(chosen.mel[rows].astype(np.float32))
        from_face, drawn, from_voice, speaking = ears(motion, mel)
        units, speech = chosen.units[rows, :-skip], chosen.speech[rows, :-skip]
        wrong["face"].append((from_face.argmax(-1).numpy() != units)[speech])
        wrong["voice"].append((from_voice.argmax(-1).numpy() != units)[speech])
        wrong["speech"].append((speaking.numpy() > 0) != speech)
        coarse = torch.from_numpy(chosen.coarse[rows, :-skip].astype(np.float32))
        pair = compared(from_face, drawn, from_voice, coarse, prior)
        wrong["lag"].append(misplaced(*pair, torch.from_numpy(speech).float()).numpy())
    ears.train()
    return {name: float(np.concatenate([p.ravel() for p in w]).mean()) for name, w in wrong.items()}
