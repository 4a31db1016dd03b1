"""Eyes that turn."""

from dataclasses import replace

import numpy as np
import pytest

from stream_engine.avatar.eyeballs import eye_uv, gaze_shapes, iris_colors, sphere_centre, unpainted
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


def painted(middle: float, ball: float, size: int = 64) -> np.ndarray:
    """A picture of an eye by the place on it, as `eye_uv` has it: two tones."""
    across = (np.arange(size) + 0.5) / size * 2.0 - 1.0
    inside = np.hypot(across[:, None], across[None, :])[..., None] < 0.26
    picture = np.full((size, size, 4), 1.0)
    picture[..., :3] = np.where(inside, (middle, middle, middle), (ball, ball, ball))
    return picture


def test_painted_eyes_are_known_by_a_dark_middle_in_a_light_ball(imported):
    """Then the iris has its colour; light, flat or much too large eyes keep their picture."""
    whole = imported.whole
    eye = np.unique(whole.surface[(whole.kind[whole.triangles] == Material.EYE).all(axis=1)])
    assert len(eye) == 1
    placed = replace(whole, uv=eye_uv(whole))
    brown = iris_colors(placed, {int(eye[0]): painted(0.3, 0.9)})
    factor = np.array(whole.surfaces[int(eye[0])].color[:3])
    assert brown[int(eye[0])] == pytest.approx(0.0732 * factor, rel=0.05)  # 0.3 of sRGB in light
    assert unpainted(whole, brown).surfaces[int(eye[0])].picture is None
    assert not iris_colors(placed, {int(eye[0]): painted(0.8, 0.9)})
    flat = whole.positions.copy()
    corners = whole.kind == Material.EYE
    flat[corners, 2] = flat[corners, 2].mean()
    assert not iris_colors(replace(placed, positions=flat), {int(eye[0]): painted(0.3, 0.9)})
    large = replace(placed, positions=whole.positions * 3.0)
    assert not iris_colors(large, {int(eye[0]): painted(0.3, 0.9)})
