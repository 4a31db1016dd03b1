"""Noise schedule and the few-step sampler, written once and unrolled into the exported graph.

Continuous time t in 0..1, cosine schedule, x0-prediction.

Source: Nichol & Dhariwal 2021 (cosine schedule); Song et al. 2021, DDIM eq. 12 with eta 0.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

LATEST_TIME = 0.996
"""Sampling starts here: pure noise but for .6 % of signal amplitude."""


def signal_rate(time: Tensor) -> Tensor:
    """Amplitude of the clean motion at ``time``, sqrt of alpha-bar."""
    return torch.cos(time * (math.pi / 2))


def noise_rate(time: Tensor) -> Tensor:
    """Amplitude of the noise at ``time``."""
    return torch.sin(time * (math.pi / 2))


def add_noise(clean: Tensor, noise: Tensor, time: Tensor) -> Tensor:
    """Diffuse ``clean`` to ``time``; the three broadcast."""
    return signal_rate(time) * clean + noise_rate(time) * noise


def respaced_times(steps: int) -> tuple[float, ...]:
    """Times at which the model is asked, latest first, evenly spaced: 2 steps are .996 and .498."""
    return tuple(LATEST_TIME * (steps - index) / steps for index in range(steps))


def sample(
    predict_clean: Callable[[Tensor, float], Tensor], noise: Tensor, times: tuple[float, ...]
) -> Tensor:
    """Run deterministic DDIM from pure noise.

    Args:
        predict_clean: The model: noisy motion [B, T, D] and its time to clean motion.
        noise: Standard normal start, float32 [B, T, D].
        times: Times to ask at, latest first.

    Returns:
        Clean motion float32 [B, T, D].
    """
    x = noise
    clean = noise
    for index, time in enumerate(times):
        clean = predict_clean(x, time)
        if index + 1 < len(times):
            angle, following = time * math.pi / 2, times[index + 1] * math.pi / 2
            residual = (x - math.cos(angle) * clean) / math.sin(angle)
            x = math.cos(following) * clean + math.sin(following) * residual
    return clean
