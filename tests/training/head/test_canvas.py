"""Texture space."""

import numpy as np

from training.head.canvas import spread

UV = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
BOTH = np.array([[0, 1, 2], [1, 3, 2]])


def test_values_are_interpolated():
    """A ramp over two triangles stays a ramp."""
    canvas = spread(UV, BOTH, UV, np.zeros(4), (8, 16))
    assert canvas.covered.all()
    u = (np.arange(16) + 0.5) / 16
    np.testing.assert_allclose(canvas.values[3, :, 0], u, atol=1e-9)
    np.testing.assert_allclose(canvas.values[:, 5, 1], (np.arange(8) + 0.5) / 8, atol=1e-9)


def test_the_upper_layer_wins():
    """Where triangles overlap, the higher one is kept whatever the order."""
    uv = np.concatenate([UV[:3], UV[:3]])
    values = np.array([[1.0]] * 3 + [[2.0]] * 3)
    height = np.array([5.0] * 3 + [1.0] * 3)
    for order in ([[0, 1, 2], [3, 4, 5]], [[3, 4, 5], [0, 1, 2]]):
        canvas = spread(uv, np.array(order), values, height, (8, 8))
        assert canvas.values[1, 1, 0] == 1.0


def test_the_margin_is_filled():
    """Texels beside a triangle take its values, for filtering."""
    canvas = spread(UV[:3] * 0.5, BOTH[:1], np.ones((3, 1)), np.zeros(3), (16, 16))
    assert not canvas.covered[2, 10]
    assert canvas.values[2, 10, 0] == 1.0
