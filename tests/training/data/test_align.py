"""Head motion out of points."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.mesh.blendshapes import rotation
from training.data.align import find_similarity, find_template, rotation_angles, to_head_axes

ANGLE = st.floats(-0.6, 0.6)


@given(ANGLE, ANGLE, ANGLE, st.floats(0.3, 3.0))
@settings(max_examples=30, deadline=None)
def test_a_turned_head_is_turned_back(pitch: float, yaw: float, roll: float, scale: float) -> None:
    """Rotation, scale and shift are found, and the angles are those the engine poses with."""
    points = np.random.default_rng(0).normal(size=(20, 3))
    turn = rotation(np.array([[pitch, yaw, roll]], np.float32))[0].astype(np.float64)
    moved = scale * points @ turn.T + np.array([5.0, -2.0, 1.0])
    found = find_similarity(moved[None], points)
    assert np.allclose(found.apply(moved[None])[0], points, atol=1e-5)
    angles = rotation_angles(found.rotation.transpose(0, 2, 1))[0]
    assert np.allclose(angles, (pitch, yaw, roll), atol=1e-4)


def test_image_axes_become_head_axes() -> None:
    """Down is negative, towards the camera is positive; it is a turn, not a mirror."""
    axes = to_head_axes(np.eye(3))
    assert np.isclose(np.linalg.det(axes), 1.0)
    assert axes[1].tolist() == [0.0, -1.0, 0.0]


def test_the_template_is_the_common_shape() -> None:
    """Frames that differ by pose alone share one template."""
    points = np.random.default_rng(1).normal(size=(15, 3))
    angles = np.random.default_rng(2).uniform(-0.3, 0.3, (12, 3)).astype(np.float32)
    frames = np.einsum("tij,pj->tpi", rotation(angles).astype(np.float64), points)
    template = find_template(frames, np.arange(15))
    back = find_similarity(template[None], points).apply(template[None])[0]
    assert np.allclose(back, points, atol=1e-4)
