"""Eyes that turn."""

import numpy as np

from stream_engine.avatar.eyeballs import eye_uv, gaze_shapes, sphere_centre
from stream_engine.mesh.materials import Material


def test_the_middle_of_a_ball_is_found_from_its_front():
    """A cap is enough."""
    rng = np.random.default_rng(0)
    way = rng.normal(size=(200, 3)) + np.array([0, 0, 3])
    points = 0.012 * way / np.linalg.norm(way, axis=1, keepdims=True) + (0.03, 0.02, 0.09)
    assert np.allclose(sphere_centre(points), (0.03, 0.02, 0.09), atol=1e-6)


def test_gaze_goes_where_the_shapes_say(imported):
    """Made shapes move pupils the way of the file's own."""
    made = gaze_shapes(imported.whole)
    assert len(made) == 8
    for name, offsets in made.items():
        wanted = imported.whole.shapes[name]
        eye = imported.whole.is_kind(Material.EYE)
        assert (offsets[eye] * wanted[eye]).sum() > 0, name
        assert not offsets[~eye].any()


def test_pupils_lie_in_the_middle_of_the_shaders_circle(imported):
    """The vertex furthest to the front of an eye has uv .5, those behind lie outwards."""
    uv = eye_uv(imported.whole)
    eye = np.flatnonzero(imported.whole.is_kind(Material.EYE))
    front = eye[imported.whole.positions[eye, 2].argmax()]
    assert np.abs(uv[front] - 0.5).max() < 0.1
    assert (uv[eye] >= 0).all()
    assert (uv[eye] <= 1).all()
