"""The Virtual Motion Capture protocol: a frame as OSC bundles for VTuber tools.

Weights go as VRM clips by the 'Perfect Sync' names (ARKit's with a capital), head and eyes as local
rotations of humanoid bones in Unity's axes. Positions are zero: the avatar is not known here.

Source: protocol.vmc.info, 'Marionette' messages of version 2.
"""

from stream_engine.formats import osc
from stream_engine.formats.live_link import SHAPES
from stream_engine.formats.rotation import Pose, Quaternion, eye_turn, head_turn, quaternion

PORT = 39539
"""Where a Marionette listens."""

MAX_DATAGRAM = 1_452
"""Bytes that cross an Ethernet in one piece: 1,500 less the headers of IPv6 and UDP."""

LOADED = 1
"""Of `/VMC/Ext/OK`: bones and weights are being sent."""

CLIPS: tuple[tuple[str, str], ...] = tuple((name[0].upper() + name[1:], name) for name in SHAPES)
"""VRM clips and the weights they show."""


def unity(turn: Quaternion) -> Quaternion:
    """Give a rotation in Unity's left-handed axes: +x to the subject's right, the others alike."""
    return Quaternion(turn.x, -turn.y, -turn.z, turn.w)


def datagrams(pose: Pose, seconds: float) -> list[bytes]:
    """Write one frame.

    Args:
        pose: The frame.
        seconds: Its time since the session began.

    Returns:
        Datagrams to be sent in order; the last holds the message that applies the weights.
    """
    turns = {
        "Head": head_turn(pose),
        "LeftEye": eye_turn(pose, "Left"),
        "RightEye": eye_turn(pose, "Right"),
    }
    bones = (
        osc.message("/VMC/Ext/Bone/Pos", bone, 0.0, 0.0, 0.0, *unity(quaternion(turn)))
        for bone, turn in turns.items()
    )
    weights = (osc.message("/VMC/Ext/Blend/Val", clip, pose[name]) for clip, name in CLIPS)
    messages = [
        osc.message("/VMC/Ext/OK", LOADED),
        osc.message("/VMC/Ext/T", seconds),
        *bones,
        *weights,
        osc.message("/VMC/Ext/Blend/Apply"),
    ]
    return osc.bundles(messages, MAX_DATAGRAM)
