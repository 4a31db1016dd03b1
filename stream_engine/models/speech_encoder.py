"""Streaming speech encoder: log-mel in, one feature per motion frame out, no lookahead of its own.

Lookahead is the window's business: a frame sees later speech through attention to the later
frames of its window, so one encoder pass serves every latency profile.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """Sizes of the speech encoder.

    Attributes:
        mel_bands: F, features per 10 ms step.
        mels_per_frame: Steps per motion frame.
        width: Feature size given to the generator.
        dilations: One gated causal convolution of kernel 3 per entry, in frames.
    """

    mel_bands: int = 80
    mels_per_frame: int = 4
    width: int = 192
    dilations: tuple[int, ...] = (1, 2, 4, 1, 2)

    @property
    def cache_frames(self) -> int:
        """Frames of past all convolutions remember together."""
        return 2 * sum(self.dilations)


STEM_KERNEL = 5


class GatedConvolution(nn.Module):
    """Residual gated convolution over [B, T, C] whose past is given, not padded."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.past_frames = 2 * dilation
        self.norm = nn.LayerNorm(width)
        self.conv = nn.Conv1d(width, 2 * width, kernel_size=3, dilation=dilation)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """Convolve ``x`` [B, T, C] after ``past`` [B, P, C]; return the result and the new past."""
        run = torch.cat([past, self.norm(x)], dim=1)  # [B, P + T, C]
        value, gate = self.conv(run.transpose(1, 2)).transpose(1, 2).chunk(2, dim=-1)
        return x + self.out(value * torch.sigmoid(gate)), run[:, -self.past_frames :]


class SpeechEncoder(nn.Module):
    """Causal gated convolutions with explicit state.

    The same ``forward`` trains on whole clips (zero state) and streams hop by hop, so the two
    cannot drift apart.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.stem = nn.Conv1d(config.mel_bands, width, STEM_KERNEL)
        self.stride = nn.Conv1d(width, width, config.mels_per_frame, stride=config.mels_per_frame)
        self.blocks = nn.ModuleList(GatedConvolution(width, d) for d in config.dilations)
        self.norm = nn.LayerNorm(width)

    def initial_state(self, batch: int) -> tuple[Tensor, Tensor]:
        """State of a stream that has not begun: mel past [B, 4, F] and convolution past."""
        config = self.config
        device = self.stem.weight.device
        mel_past = torch.zeros(batch, STEM_KERNEL - 1, config.mel_bands, device=device)
        conv_past = torch.zeros(batch, config.cache_frames, config.width, device=device)
        return mel_past, conv_past

    def forward(
        self, mel: Tensor, mel_past: Tensor, conv_past: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Encode the next frames.

        Args:
            mel: Log-mel steps, float32 [B, 4 T, F].
            mel_past: Last steps before them, float32 [B, 4, F].
            conv_past: Past of all convolutions, float32 [B, P, C], first block first.

        Returns:
            Features float32 [B, T, C], and the two states to pass next time.
        """
        run = torch.cat([mel_past, mel], dim=1)
        x = nn.functional.gelu(self.stem(run.transpose(1, 2)))
        x = nn.functional.gelu(self.stride(x)).transpose(1, 2)  # [B, T, C]
        pasts = torch.split(conv_past, [2 * d for d in self.config.dilations], dim=1)
        new_pasts = []
        for block, past in zip(self.blocks, pasts, strict=True):
            x, new_past = block(x, past)
            new_pasts.append(new_past)
        return self.norm(x), run[:, -(STEM_KERNEL - 1) :], torch.cat(new_pasts, dim=1)
