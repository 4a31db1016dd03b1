"""sRGB and linear light."""

import numpy as np

from stream_engine.mesh.srgb import to_linear, to_srgb


def test_light_there_and_back():
    """SRGB is undone."""
    values = np.linspace(0, 1, 33)
    assert np.allclose(to_srgb(to_linear(values)), values, atol=1e-6)
