"""Hears speech from a moving face: motion in, speech units and log-mel out.

Motion coefficients become measurements of the face by one constant matrix (`front`: vertices of the
mouth, of the whole face, or the coefficients themselves), so gradients flow through the mesh. A
conformer reads them at 50 Hz; one head names units, the other draws the mel of a given voice.

Source: Choi, Kim & Ro 2023 (heads and losses); Gulati et al. 2020 (conformer).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from stream_engine.models.motion_transformer import rotate


@dataclass(frozen=True, slots=True)
class MeshToSpeechConfig:
    """Sizes.

    Attributes:
        coefficients: D, motion coefficients per frame.
        measurements: K, what the face is measured by.
        width: Token size.
        heads: Attention heads.
        layers: Conformer blocks.
        kernel: Of their convolutions, odd, in 20 ms steps.
        dropout: Share of activations dropped in training.
        units: Speech units.
        mel_bands: Of the drawn mel.
    """

    coefficients: int = 55
    measurements: int = 96
    width: int = 128
    heads: int = 4
    layers: int = 3
    kernel: int = 15
    dropout: float = 0.15
    units: int = 100
    mel_bands: int = 80


class Conformer(nn.Module):
    """Half a feed-forward, attention, convolution, half a feed-forward; layer norm throughout."""

    def __init__(self, config: MeshToSpeechConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.before = _feed_forward(config)
        self.attention_norm = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.attention_out = nn.Linear(width, width)
        self.conv_norm = nn.LayerNorm(width)
        self.conv_in = nn.Linear(width, 2 * width)
        self.depthwise = nn.Conv1d(
            width, width, config.kernel, padding=config.kernel // 2, groups=width
        )
        self.depthwise_norm = nn.LayerNorm(width)
        self.conv_out = nn.Linear(width, width)
        self.after = _feed_forward(config)
        self.norm = nn.LayerNorm(width)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens [B, U, W] to tokens."""
        x = x + 0.5 * self.before(x)
        x = x + self.drop(self._attend(self.attention_norm(x)))
        x = x + self.drop(self._convolve(self.conv_norm(x)))
        out: Tensor = self.norm(x + 0.5 * self.after(x))
        return out

    def _attend(self, x: Tensor) -> Tensor:
        at = torch.arange(x.shape[1], device=x.device)
        split = [
            part.reshape(*part.shape[:2], self.heads, -1).transpose(1, 2)
            for part in self.query_key_value(x).chunk(3, dim=-1)
        ]
        mixed = functional.scaled_dot_product_attention(
            rotate(split[0], at), rotate(split[1], at), split[2]
        )
        out: Tensor = self.attention_out(mixed.transpose(1, 2).flatten(-2))
        return out

    def _convolve(self, x: Tensor) -> Tensor:
        gated = functional.glu(self.conv_in(x), dim=-1)
        mixed = self.depthwise(gated.transpose(1, 2)).transpose(1, 2)
        out: Tensor = self.conv_out(functional.silu(self.depthwise_norm(mixed)))
        return out


def _feed_forward(config: MeshToSpeechConfig) -> nn.Sequential:
    width = config.width
    return nn.Sequential(
        nn.LayerNorm(width),
        nn.Linear(width, 4 * width),
        nn.SiLU(),
        nn.Dropout(config.dropout),
        nn.Linear(4 * width, width),
        nn.Dropout(config.dropout),
    )


class MeshToSpeech(nn.Module):
    """The critic of the generator, and the ear of the lip-sync monitor.

    Args:
        config: Sizes.
    """

    front: Tensor

    def __init__(self, config: MeshToSpeechConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.register_buffer("front", torch.zeros(config.coefficients, config.measurements))
        self.stem = nn.Linear(config.measurements, width)
        self.up = nn.ConvTranspose1d(width, width, kernel_size=4, stride=2, padding=1)
        self.blocks = nn.ModuleList(Conformer(config) for _ in range(config.layers))
        self.units = nn.Linear(width, config.units)
        self.voice = nn.Linear(2 * config.mel_bands, width)
        self.mel = nn.Sequential(
            nn.Conv1d(width, width, 3, padding=1),
            nn.GELU(),
            nn.Conv1d(width, width, 3, padding=1),
            nn.GELU(),
            nn.Conv1d(width, 2 * config.mel_bands, 3, padding=1),
        )

    def forward(self, motion: Tensor, voice: Tensor) -> tuple[Tensor, Tensor]:
        """Hear a face.

        Args:
            motion: Coefficients at 25 fps, float32 [B, T, D].
            voice: What the voice sounds like on average (`voice_of`), float32 [B, 2 F].

        Returns:
            Unit logits float32 [B, 2 T, K] at 50 Hz, and log-mel float32 [B, 4 T, F] at 100 Hz.
        """
        x = self.stem(motion @ self.front)
        x = self.up(x.transpose(1, 2)).transpose(1, 2)  # [B, 2 T, W]
        for block in self.blocks:
            x = block(x)
        drawn = self.mel((x + self.voice(voice)[:, None]).transpose(1, 2)).transpose(1, 2)
        mel = drawn.reshape(len(motion), -1, self.config.mel_bands)
        return self.units(x), mel


def voice_of(mel: Tensor) -> Tensor:
    """Speaker vector: mean and spread of the log-mel while somebody speaks.

    Args:
        mel: Features of whole clips, float32 [B, 4 T, F].

    Returns:
        float32 [B, 2 F]; the louder half of the steps counts as speech.
    """
    level = mel.mean(dim=-1)
    threshold = level.sort(dim=1).values[:, level.shape[1] // 2 :][:, :1]
    loud = (level >= threshold)[..., None].to(mel.dtype)
    count = loud.sum(dim=1)
    mean = (mel * loud).sum(dim=1) / count
    spread = ((mel - mean[:, None]).square() * loud).sum(dim=1) / count
    return torch.cat([mean, spread.sqrt()], dim=-1)
