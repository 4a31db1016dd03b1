"""Making one voice sound like many, in the log-mel domain where it costs nothing."""

import torch
from torch import Tensor

_MEAN, _SCALE = -7.0, 3.5  # of stream_engine.features.log_mel
_FLOOR = 1e-6
_DECIBELS = 0.2302585  # natural log of power per decibel


def augment_speech(mel: Tensor, generator: torch.Generator) -> Tensor:
    """Another vocal tract, level, spectral tilt and background noise for each clip of a batch.

    Args:
        mel: Log-mel features, float32 [B, T, F].
        generator: Source of randomness.

    Returns:
        float32 [B, T, F].
    """
    batch, steps, bands = mel.shape

    def draw(low: float, high: float) -> Tensor:
        return torch.rand(batch, 1, 1, generator=generator) * (high - low) + low

    mel = warp_frequency(mel, draw(0.84, 1.19)[:, 0, 0])
    at = torch.linspace(-1.0, 1.0, bands)
    change = draw(-12.0, 8.0) + draw(-8.0, 8.0) * at + draw(-3.0, 3.0) * torch.cos(at * 4.0)
    power = torch.exp(mel * _SCALE + _MEAN + change * _DECIBELS)
    level = draw(-90.0, -35.0) + draw(-12.0, 12.0) * at
    grain = -torch.log(torch.rand(batch, steps, bands, generator=generator).clamp_min(1e-6))
    noise = torch.exp(level * _DECIBELS) * grain * 30.0
    return (torch.log(power + noise + _FLOOR) - _MEAN) / _SCALE


def warp_frequency(mel: Tensor, factor: Tensor) -> Tensor:
    """Stretch the band axis by a factor per clip: another vocal-tract length.

    Args:
        mel: float32 [B, T, F].
        factor: float32 [B]; above 1 moves formants down.

    Returns:
        float32 [B, T, F].
    """
    bands = mel.shape[-1]
    source = (torch.arange(bands)[None] * factor[:, None]).clamp(0, bands - 1.001)
    below = source.floor().long()
    share = (source - below)[:, None]
    low = mel.gather(2, below[:, None].expand_as(mel))
    high = mel.gather(2, (below + 1)[:, None].expand_as(mel))
    return low + (high - low) * share


def mute(mel: Tensor, generator: torch.Generator) -> Tensor:
    """Steady background noise of the same shape as ``mel``: what a microphone hears in silence."""
    batch, steps, bands = mel.shape
    level = torch.rand(batch, 1, 1, generator=generator) * 75.0 - 110.0
    tilt = (torch.rand(batch, 1, 1, generator=generator) - 0.5) * 24.0
    at = torch.linspace(-1.0, 1.0, bands)
    grain = -torch.log(torch.rand(batch, steps, bands, generator=generator).clamp_min(1e-6))
    noise = torch.exp((level + tilt * at) * _DECIBELS) * grain * 30.0
    return (torch.log(noise + _FLOOR) - _MEAN) / _SCALE
