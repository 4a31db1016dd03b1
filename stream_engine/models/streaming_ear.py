"""Two small streaming ears: one hears a moving face, the other hears its voice, in the same terms.

Both name the speech units of 20 ms steps; the first also draws a coarse mel, the second also says
whether anybody speaks. Causal gated convolutions with explicit state at 25 frames a second, what
they say of a frame is said `delay` frames later, so each frame is computed once however long the
call, and many sessions are one batch.

Source: mesh-to-speech heads after Choi, Kim & Ro 2023; streaming convolutions as in
`speech_encoder`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from stream_engine.models.speech_encoder import GatedConvolution

STEPS_PER_FRAME = 2
"""Units and coarse mel come every 20 ms."""


@dataclass(frozen=True, slots=True)
class StreamingEarConfig:
    """Sizes of both.

    Attributes:
        coefficients: D, motion coefficients per frame.
        mel_bands: F, of the features.
        mels_per_frame: Feature steps per motion frame.
        units: K, speech units.
        coarse_bands: Of the mel that is drawn; divides ``mel_bands``.
        width: Token size.
        dilations: One gated causal convolution of kernel 3 per entry, in frames.
        delay: Frames that must have come after a frame before it is heard.
        dropout: Share of activations dropped in training.
    """

    coefficients: int = 55
    mel_bands: int = 80
    mels_per_frame: int = 4
    units: int = 100
    coarse_bands: int = 20
    width: int = 112
    dilations: tuple[int, ...] = (1, 2, 4, 1, 2)
    delay: int = 4
    dropout: float = 0.1

    @property
    def past_frames(self) -> int:
        """Frames of past all convolutions remember together."""
        return 2 * sum(self.dilations)


class Trunk(nn.Module):
    """Frames [B, T, I] to tokens [B, T, W], after what came before."""

    def __init__(self, inputs: int, config: StreamingEarConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = nn.Linear(inputs, config.width)
        self.blocks = nn.ModuleList(GatedConvolution(config.width, d) for d in config.dilations)
        self.norm = nn.LayerNorm(config.width)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, frames: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens, and the past to pass next time, [B, P, W]."""
        x = self.stem(frames)
        pasts = torch.split(past, [2 * d for d in self.config.dilations], dim=1)
        following = []
        for block, before in zip(self.blocks, pasts, strict=True):
            x, after = block(x, before)
            x = self.drop(x)
            following.append(after)
        return self.norm(x), torch.cat(following, dim=1)


class FaceEar(nn.Module):
    """Streaming mesh-to-speech: hears units and a coarse mel in a moving face.

    Coefficients become measurements of the mesh by one constant matrix, as in `MeshToSpeech`.
    """

    front: Tensor

    def __init__(self, config: StreamingEarConfig, measurements: int) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("front", torch.zeros(config.coefficients, measurements))
        self.trunk = Trunk(measurements, config)
        self.units = nn.Linear(config.width, STEPS_PER_FRAME * config.units)
        self.mel = nn.Linear(config.width, STEPS_PER_FRAME * config.coarse_bands)

    def forward(self, motion: Tensor, past: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Hear the next frames.

        Args:
            motion: Coefficients at 25 fps, float32 [B, T, D].
            past: Of the convolutions, float32 [B, P, W]; zeros at the start.

        Returns:
            Of the frames ``delay`` before those given: unit logits float32 [B, 2 T, K], mel in
            spreads of its voice float32 [B, 2 T, C]; and the past to pass next time.
        """
        x, past = self.trunk(motion @ self.front, past)
        return _steps(self.units(x)), _steps(self.mel(x)), past


class SpeechEar(nn.Module):
    """Streaming speech units: names what is said, whoever says it, and whether anybody does."""

    def __init__(self, config: StreamingEarConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = Trunk(config.mels_per_frame * config.mel_bands, config)
        self.units = nn.Linear(config.width, STEPS_PER_FRAME * config.units)
        self.speech = nn.Linear(config.width, STEPS_PER_FRAME)

    def forward(self, mel: Tensor, past: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Hear the next frames.

        Args:
            mel: Log-mel steps, float32 [B, 4 T, F].
            past: Of the convolutions, float32 [B, P, W]; zeros at the start.

        Returns:
            Of the frames ``delay`` before those given: unit logits float32 [B, 2 T, K], logits of
            somebody speaking float32 [B, 2 T, 1]; and the past to pass next time.
        """
        config = self.config
        frames = mel.reshape(mel.shape[0], -1, config.mels_per_frame * config.mel_bands)
        x, past = self.trunk(frames, past)
        return _steps(self.units(x)), _steps(self.speech(x)), past


def _steps(said: Tensor) -> Tensor:
    """[B, T, 2 C] to [B, 2 T, C]."""
    return said.reshape(said.shape[0], -1, said.shape[2] // STEPS_PER_FRAME)
