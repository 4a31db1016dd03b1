"""Live Link Face against its published layout, byte by byte, and a reader written here alone."""

import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.formats.live_link import ANGLES, SHAPES, Subject, angles, packet
from stream_engine.motion.arkit import ARKIT_NAMES, COEFFICIENT_NAMES
from tests.stream_engine.formats.test_rotation import pose

DEVICE = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
SUBJECT = Subject("Ann", DEVICE, 25)


def unpack(data: bytes) -> dict[str, object]:
    """Read a packet by the layout alone."""
    at = 1

    def text() -> str:
        nonlocal at
        (size,) = struct.unpack_from(">i", data, at)
        at += 4 + size
        return data[at - size : at].decode("utf-8")

    device, subject = text(), text()
    frame, part, fps, seconds, count = struct.unpack_from(">ifiiB", data, at)
    values = np.frombuffer(data, ">f4", offset=at + 17)
    assert len(values) == count
    return {
        **{"version": data[0], "device": device, "subject": subject, "frame": frame},
        **{"part": part, "rate": (fps, seconds), "values": values},
    }


def test_a_packet_by_hand() -> None:
    """Every byte of the head, then the places of two weights and an angle."""
    data = packet(SUBJECT, pose(jawLeft=0.5, jawRight=0.25, headYaw=-1.0), 258)
    head = (
        b"\x06"
        b"\x00\x00\x00\x24" + DEVICE.encode() + b"\x00\x00\x00\x03Ann"
        b"\x00\x00\x01\x02"
        b"\x00\x00\x00\x00"
        b"\x00\x00\x00\x19"
        b"\x00\x00\x00\x01"
        b"\x3d"
    )
    assert data[: len(head)] == head
    assert len(data) == len(head) + 61 * 4
    values = data[len(head) :]
    assert values[15 * 4 : 17 * 4] == b"\x3f\x00\x00\x00\x3e\x80\x00\x00"  # 15 left, 16 right
    assert values[52 * 4 : 53 * 4] == b"\xbf\x80\x00\x00"  # HeadYaw
    assert not any(values[: 15 * 4])
    assert data[1:5] == b"\0\0\0$"  # what some readers take for version, then '$' and the UUID


def test_the_order_is_unreals() -> None:
    """All of ARKit's names; left before right, in jaw and mouth too, where recordings differ."""
    assert sorted(SHAPES) == sorted(ARKIT_NAMES)
    moved = {name for name, other in zip(SHAPES, ARKIT_NAMES, strict=True) if name != other}
    assert moved == {"jawLeft", "jawRight", "mouthLeft", "mouthRight"}
    assert (SHAPES.index("jawLeft"), SHAPES.index("mouthRight")) == (15, 22)


@given(
    st.lists(st.floats(-2, 2, width=32), min_size=55, max_size=55),
    st.integers(0, 2**31 - 1),
    st.text(min_size=1, max_size=60),
)
def test_what_is_written_is_read(row: list[float], frame: int, name: str) -> None:
    """Any name and number; every weight comes back bit for bit, head and eyes to float32."""
    given_pose = dict(zip(COEFFICIENT_NAMES, row, strict=True))
    read = unpack(packet(Subject(name, DEVICE, 25), given_pose, frame))
    values = read.pop("values")
    assert read == {
        **{"version": 6, "device": DEVICE, "subject": name, "frame": frame, "part": 0.0},
        "rate": (25, 1),
    }
    assert isinstance(values, np.ndarray)
    assert values[:52].tolist() == [given_pose[shape] for shape in SHAPES]
    np.testing.assert_allclose(values[52:], angles(given_pose), rtol=1e-6, atol=1e-6)


def test_eyes_have_the_signs_of_recordings() -> None:
    """A full look: to the subject's left is yaw -0.6, down is pitch +0.6; eyes do not roll."""
    look = pose(eyeLookOutLeft=1.0, eyeLookInRight=1.0, eyeLookDownLeft=1.0, eyeLookUpRight=1.0)
    named = dict(zip(ANGLES, angles(look), strict=True))
    assert [named[f"LeftEye{axis}"] for axis in ("Yaw", "Pitch", "Roll")] == [-0.6, 0.6, 0.0]
    assert [named[f"RightEye{axis}"] for axis in ("Yaw", "Pitch", "Roll")] == [-0.6, -0.6, 0.0]


def test_the_head_counts_up_and_right() -> None:
    """Looking down is negative pitch, tilting to the left negative roll, turning left positive."""
    named = dict(zip(ANGLES, angles(pose(headPitch=0.1, headYaw=0.2, headRoll=0.3)), strict=True))
    assert [named[f"Head{axis}"] for axis in ("Yaw", "Pitch", "Roll")] == [0.2, -0.1, -0.3]


def test_the_frame_number_wraps_before_it_turns_negative() -> None:
    """2³¹ is 0 again."""
    assert unpack(packet(SUBJECT, pose(), 2**31 + 5))["frame"] == 5
