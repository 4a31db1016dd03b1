"""A contact sheet of an avatar: at rest, saying things, showing things."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from stream_engine.avatar.visemes import shapes_of
from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.mesh.skin_texture import write_png
from stream_engine.motion.arkit import COEFFICIENT_COUNT, INDEX
from stream_engine.types import F32

COLUMNS = 4
POSES: Mapping[str, Mapping[str, float]] = {
    "at rest": {},
    "p b m": shapes_of("PP"),
    "f v": shapes_of("FF"),
    "th": shapes_of("TH"),
    "ah": {"jawOpen": 0.8},
    "ee": shapes_of("I"),
    "oh": shapes_of("O"),
    "oo": shapes_of("U"),
    "smile": {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8, "cheekSquintLeft": 0.5,
              "cheekSquintRight": 0.5},
    "frown": {"mouthFrownLeft": 0.8, "mouthFrownRight": 0.8, "browDownLeft": 0.8,
              "browDownRight": 0.8},
    "brows up": {"browInnerUp": 0.9, "browOuterUpLeft": 0.9, "browOuterUpRight": 0.9,
                 "eyeWideLeft": 0.6, "eyeWideRight": 0.6},
    "blink": {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0},
    "left wink": {"eyeBlinkLeft": 1.0},
    "looks left": {"eyeLookOutLeft": 0.8, "eyeLookInRight": 0.8},
    "turns left": {"headYaw": 0.4},
    "turns right": {"headYaw": -0.4, "headPitch": 0.1},
}  # fmt: skip
"""By name, from left to right, from the top."""


def pose_row(pose: Mapping[str, float]) -> F32:
    """Give a pose as coefficients, float32 [55]."""
    row = np.zeros(COEFFICIENT_COUNT, np.float32)
    for name, weight in pose.items():
        row[INDEX[name]] = weight
    return row


def draw_sheet(head: HeadAsset, size: int) -> NDArray[np.uint8]:
    """Draw all poses.

    Args:
        head: Whom.
        size: Pixels of one picture.

    Returns:
        uint8 [H, W, 3].

    Raises:
        RenderError: If OpenGL cannot be had.
    """
    from stream_engine.render.mesh_renderer import MeshRenderer

    mesh, renderer = HeadMesh(head), MeshRenderer(head, size, size)
    try:
        stills = [renderer.render(mesh.pose(0, pose_row(pose))).rgb for pose in POSES.values()]
    finally:
        renderer.close()
    rows = [np.concatenate(stills[k : k + COLUMNS], axis=1) for k in range(0, len(stills), COLUMNS)]
    return np.concatenate(rows)


def sheet_png(picture: NDArray[np.uint8]) -> bytes:
    """Pack a picture as a PNG."""
    opaque = np.full((*picture.shape[:2], 1), 255, np.uint8)
    return write_png(np.concatenate([picture, opaque], axis=2))
