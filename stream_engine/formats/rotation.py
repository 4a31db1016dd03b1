"""Head and eyes of a pose, as angles and as quaternions.

Elocute's axes are right-handed: +x to the subject's left, +y up, +z out of the face. Pitch > 0
looks down, yaw > 0 turns to the subject's left, roll > 0 tilts to it.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

Pose = Mapping[str, float]
"""One frame: 52 ARKit weights and headPitch, headYaw, headRoll in radians, by name."""

FULL_GAZE_RADIANS = 0.6
"""Rotation of an eye whose look weight is 1: what recordings of the Live Link Face app show."""


class Turn(NamedTuple):
    """Radians; applied as yaw · pitch · roll."""

    pitch: float
    yaw: float
    roll: float


class Quaternion(NamedTuple):
    """A unit quaternion."""

    x: float
    y: float
    z: float
    w: float


def head_turn(pose: Pose) -> Turn:
    """Say how the head is turned."""
    return Turn(pose["headPitch"], pose["headYaw"], pose["headRoll"])


def eye_turn(pose: Pose, side: str) -> Turn:
    """Say how an eye is turned in the head, as its look weights have it.

    Args:
        pose: The frame.
        side: ``Left`` or ``Right``.

    Returns:
        The turn; its roll is 0.
    """

    def look(direction: str) -> float:
        return pose[f"eyeLook{direction}{side}"]

    outward = (look("Out") - look("In")) * FULL_GAZE_RADIANS
    pitch = (look("Down") - look("Up")) * FULL_GAZE_RADIANS
    return Turn(pitch, outward if side == "Left" else -outward, 0.0)


def quaternion(turn: Turn) -> Quaternion:
    """Write a turn in Elocute's axes: yaw about +y, then pitch about +x, then roll about -z."""
    sx, cx = math.sin(turn.pitch / 2), math.cos(turn.pitch / 2)
    sy, cy = math.sin(turn.yaw / 2), math.cos(turn.yaw / 2)
    sz, cz = math.sin(-turn.roll / 2), math.cos(turn.roll / 2)
    return Quaternion(
        x=cy * sx * cz + sy * cx * sz,
        y=sy * cx * cz - cy * sx * sz,
        z=cy * cx * sz - sy * sx * cz,
        w=cy * cx * cz + sy * sx * sz,
    )
