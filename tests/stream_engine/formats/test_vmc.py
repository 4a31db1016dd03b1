"""VMC messages as protocol.vmc.info lists them."""

import numpy as np
import pytest

from stream_engine.formats.rotation import Turn, quaternion
from stream_engine.formats.vmc import MAX_DATAGRAM, datagrams, unity
from stream_engine.motion.arkit import ARKIT_NAMES
from tests.stream_engine.formats.test_osc import elements, read
from tests.stream_engine.formats.test_rotation import pose, turned


def messages(seconds: float = 0.0, **values: float) -> list[list[object]]:
    """All messages of a frame, taken apart."""
    made = datagrams(pose(**values), seconds)
    return [read(item) for bundle in made for item in elements(bundle)]


def test_a_frame_is_available_time_bones_weights_apply() -> None:
    """In this order, the weights by the capitalised names, each once."""
    got = messages(1.5, jawOpen=0.25)
    assert got[:2] == [["/VMC/Ext/OK", 1], ["/VMC/Ext/T", 1.5]]
    assert [m[1] for m in got[2:5]] == ["Head", "LeftEye", "RightEye"]
    assert got[-1] == ["/VMC/Ext/Blend/Apply"]
    assert {m[0] for m in got[5:-1]} == {"/VMC/Ext/Blend/Val"}
    weights = {m[1]: m[2] for m in got[5:-1]}
    assert sorted(weights) == sorted(name[0].upper() + name[1:] for name in ARKIT_NAMES)
    assert {name for name, value in weights.items() if value} == {"JawOpen"}
    assert weights["JawOpen"] == 0.25


def test_datagrams_are_not_cut_on_the_way() -> None:
    """Each fits an Ethernet frame; the weights are applied by the last."""
    made = datagrams(pose(), 0.0)
    assert max(len(data) for data in made) <= MAX_DATAGRAM
    assert b"/VMC/Ext/Blend/Apply" in made[-1]


def test_a_bone_at_rest_is_seven_numbers() -> None:
    """Position nil, rotation none, all float32."""
    assert messages()[2] == ["/VMC/Ext/Bone/Pos", "Head", *(0.0,) * 6, 1.0]


@pytest.mark.parametrize("turn", [Turn(0.3, 0.0, 0.0), Turn(0.0, 0.4, 0.0), Turn(0.2, -0.5, 0.3)])
def test_unitys_axes_are_a_mirror(turn: Turn) -> None:
    """Turning and then mirroring left and right is mirroring and then turning Unity's way."""
    mirror = np.array([-1.0, 1.0, 1.0])
    ours = quaternion(turn)
    for axis in np.eye(3):
        there = turned(unity(ours), tuple(mirror * axis))
        np.testing.assert_allclose(there, mirror * turned(ours, tuple(axis)), atol=1e-9)


def test_a_turn_to_the_left_is_negative_about_unitys_up() -> None:
    """By hand: 60 degrees are half of it in the quaternion, -0.5 and 0.866."""
    head = messages(headYaw=np.pi / 3)[2]
    np.testing.assert_allclose(head[5:], [0.0, -0.5, 0.0, 0.8660254], atol=1e-6)  # type: ignore[arg-type]


def test_eyes_follow_their_weights() -> None:
    """Looking down is positive about Unity's right; both eyes alike."""
    got = messages(eyeLookDownLeft=1.0, eyeLookDownRight=1.0)
    expected = [np.sin(0.3), 0.0, 0.0, np.cos(0.3)]
    for bone in got[3:5]:
        np.testing.assert_allclose(bone[5:], expected, atol=1e-6)  # type: ignore[arg-type]
