"""Speech that breaks off: for how long nobody speaks, and what the mouth does meanwhile."""

import math

import torch
from torch import Tensor

_SHORTEST = 10
"""Frames; what is shorter is a pause inside a sentence, and recordings show those."""
_CLOSING = 4
_OPENING = 3


def quiet_frames(clips: int, frames: int, share: float, generator: torch.Generator) -> Tensor:
    """Where nobody speaks: one stretch in some clips, half of them up to the end.

    Args:
        clips: B.
        frames: T, at least 20.
        share: Share of clips with such a stretch.
        generator: Source of randomness, on the CPU.

    Returns:
        bool [B, T].
    """
    chosen, ends, start, length = torch.rand(4, clips, 1, generator=generator)
    first = (start * frames).floor().clamp_max(frames - _SHORTEST) - _SHORTEST / 2
    last = first + _SHORTEST + length * (frames - _SHORTEST)
    last = torch.where(ends < 0.5, float(frames), last)
    at = torch.arange(frames)
    quiet: Tensor = (chosen < share) & (at >= first) & (at < last)
    return quiet


def opening(quiet: Tensor) -> Tensor:
    """How much of its movement the mouth keeps: none once it is shut, all while somebody speaks.

    It shuts over four frames and opens three before the sound, as mouths do.

    Args:
        quiet: Where nobody speaks, bool [B, T].

    Returns:
        0..1, float32 [B, T].
    """
    shut, opened = _since(quiet), _since(quiet.flip(1)).flip(1)
    return torch.maximum(_fall(shut / _CLOSING), _fall(opened / _OPENING))


def _since(quiet: Tensor) -> Tensor:
    """Frames since somebody spoke, 0 while it lasts, infinite before it began, float32 [B, T]."""
    at = torch.arange(1.0, quiet.shape[1] + 1).expand(quiet.shape)
    spoken, _ = torch.cummax(torch.where(quiet, -torch.inf, at), dim=1)
    return at - spoken


def _fall(part: Tensor) -> Tensor:
    return 0.5 * (1.0 + torch.cos(math.pi * part.clamp(0.0, 1.0)))
