"""The camera."""

import numpy as np
import pytest

from stream_engine.render.camera import Camera


def project(camera, point, width=100, height=100):
    """Where a point lands, -1..1 across and up."""
    clip = camera.matrix(width, height) @ np.append(np.asarray(point, dtype=np.float32), 1)
    return clip[:2] / clip[3]


def test_the_middle_of_the_view_is_the_middle_of_the_picture():
    """A point on the axis lands in the middle at any depth."""
    camera = Camera(height_m=0.02)
    for depth in (-0.1, 0.0, 0.1):
        np.testing.assert_allclose(project(camera, (0, 0.02, depth)), 0, atol=1e-6)


def test_half_height_reaches_the_edge():
    """At the head's depth the stated half height fills the picture."""
    camera = Camera(height_m=0.0, half_height_m=0.2)
    np.testing.assert_allclose(project(camera, (0.2, 0.2, 0)), 1, atol=1e-6)


@pytest.mark.parametrize(("width", "height"), [(200, 100), (100, 200)])
def test_a_circle_stays_round(width, height):
    """Pixels are square in any format, and the shorter side keeps the framing."""
    x, y = project(Camera(height_m=0.0), (0.05, 0.05, 0), width, height)
    assert x * width == pytest.approx(y * height)
    assert max(x, y) == pytest.approx(0.05 / Camera().half_height_m)
