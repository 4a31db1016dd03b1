"""Names of the coefficients."""

from stream_engine.motion.arkit import ARKIT_NAMES, COEFFICIENT_NAMES, INDEX


def test_there_are_52_shapes_and_3_angles_without_repeats() -> None:
    """ARKit-52 and head rotation."""
    assert len(ARKIT_NAMES) == 52
    assert len(set(COEFFICIENT_NAMES)) == 55


def test_order_is_that_of_a_live_link_face_recording() -> None:
    """The first, the odd pair and the last, as in a real capture's header."""
    assert ARKIT_NAMES[0] == "eyeBlinkLeft"
    assert ARKIT_NAMES[14:18] == ("jawForward", "jawRight", "jawLeft", "jawOpen")
    assert ARKIT_NAMES[51] == "tongueOut"
    assert INDEX["headPitch"] == 52


def test_every_left_has_a_right() -> None:
    """Sides come in pairs."""
    left = {name.removesuffix("Left") for name in ARKIT_NAMES if name.endswith("Left")}
    right = {name.removesuffix("Right") for name in ARKIT_NAMES if name.endswith("Right")}
    assert left == right
