"""Noise."""

import numpy as np
import pytest

from training.head.noise import fractal_noise, value_noise


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_noise_is_bounded_and_centred(dimensions):
    """Values lie in -1..1 around 0."""
    points = np.random.default_rng(0).uniform(-50, 50, (4000, dimensions))
    values = value_noise(points)
    assert np.abs(values).max() <= 1.0
    assert abs(values.mean()) < 0.05
    assert values.std() > 0.2


def test_noise_is_smooth():
    """Neighbouring points differ little."""
    line = np.stack([np.linspace(-3, 3, 2001)] * 3, axis=-1)
    assert np.abs(np.diff(value_noise(line))).max() < 0.05


def test_noise_repeats_and_seeds_differ():
    """The same seed gives the same noise, another seed another."""
    points = np.random.default_rng(1).normal(size=(50, 3))
    np.testing.assert_array_equal(fractal_noise(points, 3, 4), fractal_noise(points, 3, 4))
    assert np.abs(fractal_noise(points, 3, 4) - fractal_noise(points, 3, 5)).max() > 0.1
