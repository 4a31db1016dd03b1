"""Golden pictures of the avatars: `python -m tests.golden_faces` draws them anew.

Do so only after looking at `docs/gallery.md` made anew: a golden picture says what was meant.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import HEADS, load_head_asset
from stream_engine.mesh.skin_texture import write_png
from stream_engine.motion.arkit import pose_row
from stream_engine.render.mesh_renderer import MeshRenderer
from tests.perceptual import shrunk
from training.head.expressions import EXPRESSIONS

FOLDER = Path(__file__).parent / "golden"
VIEWS = ("neutral", "turn left", "turn right", "smile", "jaw open", "blink")
_PIXELS, _FACTOR = 256, 4


def draw(avatar: str) -> NDArray[np.uint8]:
    """All views of an avatar side by side, shrunk, uint8 [H, W, 3]."""
    head = load_head_asset(HEADS[avatar])
    mesh, renderer = HeadMesh(head), MeshRenderer(head, _PIXELS, _PIXELS)
    faces = [renderer.render(mesh.pose(0, pose_row(EXPRESSIONS[view]))).rgb for view in VIEWS]
    renderer.close()
    return np.concatenate([shrunk(face, _FACTOR) for face in faces], axis=1)


def main() -> None:
    """Draw and save."""
    argparse.ArgumentParser(description=__doc__).parse_args()  # or --help would draw
    FOLDER.mkdir(exist_ok=True)
    for avatar in HEADS:
        (FOLDER / f"{avatar}.png").write_bytes(write_png(draw(avatar)))


if __name__ == "__main__":
    main()
