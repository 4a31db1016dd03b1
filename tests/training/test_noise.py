"""Noise for training."""

import numpy as np
import torch

from stream_engine.motion.noise import noise_streams, smoothed, white_noise
from training.noise import smooth_noise


def test_training_noise_is_the_engines_noise() -> None:
    """Same spread and the same correlation between neighbouring frames."""
    noise = smooth_noise(torch.Size([4, 200, 30]), torch.Generator().manual_seed(0)).numpy()
    engine = smoothed(white_noise(noise_streams(np.array([0], np.uint64), 120), np.arange(212)))

    def neighbours(x: np.ndarray) -> float:
        return float((x[..., 1:, :] * x[..., :-1, :]).mean())

    assert abs(noise.std() - 1.0) < 0.05
    assert abs(neighbours(noise) - neighbours(engine)) < 0.05
