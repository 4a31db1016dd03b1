import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.formats.rotation import FULL_GAZE_RADIANS, Turn, eye_turn, head_turn, quaternion
from stream_engine.mesh.blendshapes import rotation
from stream_engine.motion.arkit import COEFFICIENT_NAMES

ANGLE = st.floats(-1.5, 1.5)


def pose(**values: float) -> dict[str, float]:
    """A face at rest but for what is named."""
    return {**dict.fromkeys(COEFFICIENT_NAMES, 0.0), **values}


def turned(q: tuple[float, ...], vector: tuple[float, float, float]) -> np.ndarray:
    """Rotate by the textbook: q v q*, vector part first."""
    x, y, z, w = q
    v, u = np.array(vector), np.array([x, y, z])
    result: np.ndarray = v + 2 * np.cross(u, np.cross(u, v) + w * v)
    return result


@given(ANGLE, ANGLE, ANGLE)
def test_quaternions_turn_as_the_mesh_does(pitch: float, yaw: float, roll: float) -> None:
    """The same rotation as the matrix that poses the head, and of length one."""
    q = quaternion(Turn(pitch, yaw, roll))
    assert sum(part * part for part in q) == pytest.approx(1.0)
    matrix = rotation(np.array([[pitch, yaw, roll]], np.float32))[0]
    for axis in np.eye(3):
        np.testing.assert_allclose(turned(q, tuple(axis)), matrix @ axis, atol=1e-5)


def test_signs_are_what_they_are_called() -> None:
    """The face's front goes down by pitch, left by yaw; its top goes left by roll."""
    front, top = (0.0, 0.0, 1.0), (0.0, 1.0, 0.0)
    assert turned(quaternion(Turn(0.1, 0, 0)), front)[1] < 0
    assert turned(quaternion(Turn(0, 0.1, 0)), front)[0] > 0
    assert turned(quaternion(Turn(0, 0, 0.1)), top)[0] > 0


def test_both_eyes_look_where_the_weights_say() -> None:
    """To the subject's left: the left eye looks out, the right one in; and down."""
    look = pose(eyeLookOutLeft=1.0, eyeLookInRight=1.0, eyeLookDownLeft=0.5, eyeLookDownRight=0.5)
    expected = Turn(0.5 * FULL_GAZE_RADIANS, FULL_GAZE_RADIANS, 0.0)
    assert eye_turn(look, "Left") == eye_turn(look, "Right") == expected


def test_the_head_turns_as_its_coefficients_say() -> None:
    """By name."""
    assert head_turn(pose(headPitch=0.1, headYaw=0.2, headRoll=0.3)) == Turn(0.1, 0.2, 0.3)
