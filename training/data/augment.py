"""Making one voice sound like many, in the log-mel domain where it costs nothing."""

import torch
from torch import Tensor

from stream_engine.features.log_mel import MEL_FLOOR, MEL_MEAN, MEL_SCALE

_DECIBELS = 0.2302585  # natural log of power per decibel


def augment_speech(mel: Tensor, generator: torch.Generator, warped: float = 1.0) -> Tensor:
    """Another vocal tract, level, spectral tilt and background noise for each clip of a batch.

    Args:
        mel: Log-mel features, float32 [B, T, F], on any device.
        generator: Source of randomness, on the CPU.
        warped: Share of clips that get another vocal tract; all get the rest.

    Returns:
        float32 [B, T, F].
    """

    def draw(low: float, high: float) -> Tensor:
        return _draw(len(mel), low, high, generator).to(mel.device)

    factor = draw(0.84, 1.19)
    if warped < 1.0:
        factor = torch.where(draw(0.0, 1.0) < warped, factor, 1.0)
    mel = warp_frequency(mel, factor[:, 0, 0])
    at = torch.linspace(-1.0, 1.0, mel.shape[-1], device=mel.device)
    change = draw(-12.0, 8.0) + draw(-8.0, 8.0) * at + draw(-3.0, 3.0) * torch.cos(at * 4.0)
    power = torch.exp(mel * MEL_SCALE + MEL_MEAN + change * _DECIBELS)
    return _to_features(power + _background(mel, -90.0, generator))


def mute(mel: Tensor, generator: torch.Generator) -> Tensor:
    """Steady background noise of the same shape as ``mel``: what a microphone hears in silence."""
    return _to_features(_background(mel, -110.0, generator))


def mixed(mel: Tensor, sound: Tensor, decibels: Tensor) -> Tensor:
    """Features of speech with a sound behind it.

    Args:
        mel: Of speech, float32 [B, T, F].
        sound: Of the sound, float32 [B, T, F].
        decibels: How much louder than the sound the speech is on average, float32 [B, 1, 1].

    Returns:
        float32 [B, T, F].
    """
    speech, other = (torch.exp(part * MEL_SCALE + MEL_MEAN) for part in (mel, sound))
    level = speech.mean(dim=(1, 2), keepdim=True) / other.mean(dim=(1, 2), keepdim=True)
    return _to_features(speech + other * level * torch.exp(-decibels * _DECIBELS))


def _draw(batch: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    return torch.rand(batch, 1, 1, generator=generator) * (high - low) + low


def _background(mel: Tensor, quietest_db: float, generator: torch.Generator) -> Tensor:
    """Power of tilted noise, one level per clip up to -35 dB, shaped and placed like ``mel``."""
    device = mel.device
    level = _draw(len(mel), quietest_db, -35.0, generator).to(device)
    tilt = _draw(len(mel), -12.0, 12.0, generator).to(device)
    at = torch.linspace(-1.0, 1.0, mel.shape[-1], device=device)
    drawn = torch.rand(mel.shape, generator=generator).to(device)
    grain = -torch.log(drawn.clamp_min(1e-6))
    return torch.exp((level + tilt * at) * _DECIBELS) * grain * 30.0


def _to_features(power: Tensor) -> Tensor:
    return (torch.log(power + MEL_FLOOR) - MEL_MEAN) / MEL_SCALE


def warp_frequency(mel: Tensor, factor: Tensor) -> Tensor:
    """Stretch the band axis by a factor per clip: another vocal-tract length.

    Args:
        mel: float32 [B, T, F].
        factor: float32 [B]; above 1 moves formants down.

    Returns:
        float32 [B, T, F].
    """
    bands = mel.shape[-1]
    source = (torch.arange(bands, device=mel.device)[None] * factor[:, None]).clamp(
        0, bands - 1.001
    )
    below = source.floor().long()
    share = (source - below)[:, None]
    low = mel.gather(2, below[:, None].expand_as(mel))
    high = mel.gather(2, (below + 1)[:, None].expand_as(mel))
    return low + (high - low) * share
