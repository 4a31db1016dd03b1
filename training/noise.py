"""Noise as the engine draws it, for training."""

import torch
from torch import Tensor

from stream_engine.motion.noise import smoothing_kernel


def smooth_noise(shape: torch.Size, generator: torch.Generator) -> Tensor:
    """Noise [B, T, D] with the time correlation the engine's `FrameNoise` has, on the CPU."""
    kernel = torch.from_numpy(smoothing_kernel())
    reach = len(kernel) - 1
    white = torch.randn(shape[0], shape[1] + reach, shape[2], generator=generator)
    return torch.einsum("btdk,k->btd", white.unfold(1, len(kernel), 1), kernel)
