"""The studio's light."""

import numpy as np

from stream_engine.render.studio import (
    KEY_DIRECTION,
    radiance,
    shadow_matrix,
    studio_harmonics,
)


def lit(normal):
    """What the shader's `studio_light` gives, from the nine colours."""
    x, y, z = normal
    terms = (1, y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y)
    return sum(np.array(c) * t for c, t in zip(studio_harmonics(), terms, strict=True))


def test_harmonics_light_a_surface_as_the_whole_studio_does():
    """Within a few hundredths of the sum over all directions, weighted by the cosine."""
    steps = np.arange(20_000) + 0.5
    height = 1 - 2 * steps / len(steps)
    turn = np.pi * (1 + np.sqrt(5)) * steps
    around = np.sqrt(1 - height**2)
    all_sides = np.stack([around * np.cos(turn), height, around * np.sin(turn)], axis=1)
    for normal in ((0, 1, 0), (0, 0, 1), (-0.6, 0, 0.8), (0, -1, 0)):
        cosine = np.clip(all_sides @ np.array(normal), 0, None)
        whole = (radiance(all_sides) * cosine[:, None]).mean(axis=0) * 4
        np.testing.assert_allclose(lit(normal), whole, atol=0.03)


def test_light_comes_from_above_and_from_the_key_side():
    """More from the sky than from the floor, more from the subject's right."""
    assert (lit((0, 1, 0)) > lit((0, -1, 0))).all()
    assert lit((-1, 0, 0))[0] > lit((1, 0, 0))[0]


def test_the_shadow_camera_sees_the_head_along_the_key_light():
    """Points along a ray of light fall together, the nearer to the lamp with less depth."""
    matrix = shadow_matrix()
    point = np.array([0.02, 0.01, 0.09, 1.0])
    nearer = point + 0.05 * np.append(KEY_DIRECTION, 0.0)
    here, there = matrix @ point, matrix @ nearer
    np.testing.assert_allclose(here[:2], there[:2], atol=1e-3)
    assert there[2] < here[2]
    assert np.abs(here[:3]).max() < 1
