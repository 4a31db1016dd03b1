"""Packets of Apple devices' Live Link Face app, as Unreal Engine receives them (version 6).

::

    uint8 version 6 | string device | string subject
    int32 frame | float32 part of a frame | int32 frames .. | int32 .. per so many seconds
    uint8 61 | 61 x float32

Everything is big-endian; a string is its length in bytes (int32) and UTF-8, without a final zero.
The app's recordings (CSV) hold the same 61 values, with jaw and mouth to the right before to the
left.

Source: layouts of JimWest/PyLiveLinkFace and think-biq/LLV, which talk to Unreal; order of Unreal's
`EARFaceBlendShape`. Angles are radians. Signs of the eyes are those of recordings of the app (a
full look to the subject's right is +0.6), of the head those of programs that send to Unreal.
"""

import struct
from dataclasses import dataclass

from stream_engine.formats.rotation import Pose, eye_turn, head_turn

PORT = 11111
"""Where Unreal listens."""

VERSION = 6

SHAPES: tuple[str, ...] = tuple(
    """
    eyeBlinkLeft eyeLookDownLeft eyeLookInLeft eyeLookOutLeft eyeLookUpLeft eyeSquintLeft
    eyeWideLeft eyeBlinkRight eyeLookDownRight eyeLookInRight eyeLookOutRight eyeLookUpRight
    eyeSquintRight eyeWideRight jawForward jawLeft jawRight jawOpen mouthClose mouthFunnel
    mouthPucker mouthLeft mouthRight mouthSmileLeft mouthSmileRight mouthFrownLeft mouthFrownRight
    mouthDimpleLeft mouthDimpleRight mouthStretchLeft mouthStretchRight mouthRollLower
    mouthRollUpper mouthShrugLower mouthShrugUpper mouthPressLeft mouthPressRight
    mouthLowerDownLeft mouthLowerDownRight mouthUpperUpLeft mouthUpperUpRight browDownLeft
    browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff cheekSquintLeft
    cheekSquintRight noseSneerLeft noseSneerRight tongueOut
    """.split()  # noqa: SIM905 - as a list it would fill a page
)
"""The 52 weights in the order of a packet."""

ANGLES: tuple[str, ...] = (
    *("HeadYaw", "HeadPitch", "HeadRoll"),
    *("LeftEyeYaw", "LeftEyePitch", "LeftEyeRoll"),
    *("RightEyeYaw", "RightEyePitch", "RightEyeRoll"),
)
"""What follows the weights."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a packet is about.

    Attributes:
        name: What Unreal lists; the animation blueprint names it.
        device: Tells senders apart; the app sends a UUID of 36 characters.
        fps: Frames in a second.
    """

    name: str
    device: str
    fps: int


def angles(pose: Pose) -> tuple[float, ...]:
    """Give head and eyes in the order of `ANGLES`, with the app's signs, radians.

    The head: yaw > 0 to the subject's left, pitch > 0 up, roll > 0 to the right. The eyes: yaw > 0
    to the subject's right, pitch > 0 down.

    Args:
        pose: The frame.

    Returns:
        Nine angles.
    """
    head, left, right = head_turn(pose), eye_turn(pose, "Left"), eye_turn(pose, "Right")
    return (
        *(head.yaw, -head.pitch, -head.roll),
        *(-left.yaw, left.pitch, left.roll),
        *(-right.yaw, right.pitch, right.roll),
    )


def packet(subject: Subject, pose: Pose, frame: int) -> bytes:
    """Write one frame.

    Args:
        subject: Whose.
        pose: The frame.
        frame: Its number, counted at ``subject.fps``; wraps at 2³¹.

    Returns:
        The datagram.
    """
    values = [*(pose[name] for name in SHAPES), *angles(pose)]
    return b"".join(
        (
            struct.pack(">B", VERSION),
            _string(subject.device),
            _string(subject.name),
            struct.pack(">ifii", frame & 0x7FFFFFFF, 0.0, subject.fps, 1),
            struct.pack(f">B{len(values)}f", len(values), *values),
        )
    )


def _string(text: str) -> bytes:
    data = text.encode("utf-8")
    return struct.pack(">i", len(data)) + data
