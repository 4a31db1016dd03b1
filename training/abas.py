"""Analysis by audio-synthesis: a frozen ear hears the speech back from the generated face.

The predicted clean motion goes through the mesh into a frozen mesh-to-speech model; what that model
hears is compared with the speech that was to be said. The gradient flows back through the mesh.
No recorded face is needed, so the same loss also learns from speech alone.

Source: THUNDER (arXiv 2504.13386).
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from stream_engine.models.diffusion import signal_rate
from stream_engine.models.mesh_to_speech import MeshToSpeech, voice_of


@dataclass(frozen=True, slots=True)
class AbasWeights:
    """Strength of the loss.

    Attributes:
        units: Of the cross-entropy of speech units.
        mel: Of the L1 error of the mel.
        floor: Share of the weight that pure noise keeps; the rest grows with alpha-bar.
        ramp: Steps over which the loss comes in.
        mouth_only: Keep its gradient off the upper face and the head.
        speech_share: Speech-only clips a step, as a share of the batch; 0 for none.
        speech_mel: Of the mel's error on speech alone, a share of ``mel``. A stranger's mel is not
            this voice's; the speaker's own is.
        hold: How firmly everything but the mouth is held to what a reference without an ear makes
            (`Trainer.listen`): no gradient of the ear reaches a brow, but the layers they share do
            move.
    """

    units: float = 3.0
    mel: float = 1.0
    floor: float = 1.0
    ramp: int = 50
    mouth_only: bool = True
    speech_share: float = 0.0
    speech_mel: float = 0.0
    hold: float = 0.0


class Listener:
    """Compares what a face says with what it should say.

    Args:
        ear: Frozen mesh-to-speech model.
        scale: Spread of each coefficient, float32 [D].
        mouth: Coefficients that shape the mouth, bool [D].
        weights: Strength.
    """

    def __init__(
        self, ear: MeshToSpeech, scale: Tensor, mouth: Tensor, weights: AbasWeights
    ) -> None:
        self._ear = ear.eval().requires_grad_(False)
        self._scale = scale
        self._mouth = mouth
        self.weights = weights

    def trust(self, time: Tensor) -> Tensor:
        """Weight of each frame by how little noise its window had, [B, T] from [B, T, 1]."""
        floor = self.weights.floor
        return (floor + (1.0 - floor) * signal_rate(time).square())[..., 0]

    def hear(
        self, predicted: Tensor, units: Tensor, mel: Tensor, trust: Tensor
    ) -> dict[str, Tensor]:
        """Terms of the loss, per frame.

        Args:
            predicted: Normalised clean motion, float32 [B, T, D].
            units: What should be heard, int64 [B, 2 T].
            mel: Likewise, in the voice of the input, float32 [B, 4 T, F].
            trust: Weight of each frame, float32 [B, T].

        Returns:
            Weighted terms by name, each float32 [B, T].
        """
        if self.weights.mouth_only:
            predicted = torch.where(self._mouth, predicted, predicted.detach())
        logits, drawn = self._ear(predicted * self._scale, voice_of(mel))
        named = functional.cross_entropy(logits.transpose(1, 2), units, reduction="none")
        away = (drawn - mel).abs().mean(-1)
        frames = predicted.shape[1]
        return {
            "heard_units": self.weights.units * trust * named.view(-1, frames, 2).mean(-1),
            "heard_mel": self.weights.mel * trust * away.view(-1, frames, 4).mean(-1),
        }
