"""A contact sheet of an avatar: at rest, saying things, showing things."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from stream_engine.avatar.visemes import shapes_of
from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.motion.arkit import pose_row

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
