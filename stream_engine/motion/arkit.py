"""Names and order of the motion coefficients: Apple's 52 ARKit blendshapes, then head rotation."""

from collections.abc import Mapping

import numpy as np

from stream_engine.types import F32

ARKIT_NAMES: tuple[str, ...] = (
    "eyeBlinkLeft",
    "eyeLookDownLeft",
    "eyeLookInLeft",
    "eyeLookOutLeft",
    "eyeLookUpLeft",
    "eyeSquintLeft",
    "eyeWideLeft",
    "eyeBlinkRight",
    "eyeLookDownRight",
    "eyeLookInRight",
    "eyeLookOutRight",
    "eyeLookUpRight",
    "eyeSquintRight",
    "eyeWideRight",
    "jawForward",
    "jawRight",
    "jawLeft",
    "jawOpen",
    "mouthClose",
    "mouthFunnel",
    "mouthPucker",
    "mouthRight",
    "mouthLeft",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "noseSneerLeft",
    "noseSneerRight",
    "tongueOut",
)
"""The 52 blendshapes in the column order of Apple's Live Link Face."""

HEAD_ROTATION_NAMES: tuple[str, ...] = ("headPitch", "headYaw", "headRoll")
"""Radians. Pitch > 0 nods down, yaw > 0 turns to the subject's left, roll > 0 tilts to it."""

COEFFICIENT_NAMES: tuple[str, ...] = ARKIT_NAMES + HEAD_ROTATION_NAMES

MOUTH_NAMES: tuple[str, ...] = tuple(
    name for name in ARKIT_NAMES if name.startswith(("jaw", "mouth", "cheekPuff", "tongue"))
)
"""What articulates: all that speech decides."""

ARKIT_COUNT = len(ARKIT_NAMES)
COEFFICIENT_COUNT = len(COEFFICIENT_NAMES)
INDEX: dict[str, int] = {name: index for index, name in enumerate(COEFFICIENT_NAMES)}


def pose_row(pose: Mapping[str, float]) -> F32:
    """Give named weights and angles as coefficients, float32 [55]; the rest is 0."""
    row = np.zeros(COEFFICIENT_COUNT, np.float32)
    for name, value in pose.items():
        row[INDEX[name]] = value
    return row
