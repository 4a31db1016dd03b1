"""Saves stills: `python -m training.head.stills --out docs/images/expressions.jpg`."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import HEADS, head_file, load_head_asset
from stream_engine.motion.arkit import pose_row
from stream_engine.render.mesh_renderer import MeshRenderer
from training.head.expressions import EXPRESSIONS

_COLUMNS = 4
_LABEL_COLOR = (70, 74, 80)
_QUALITY = 88


def draw_stills(asset_file: Path, size: int) -> dict[str, NDArray[np.uint8]]:
    """Draw every expression, uint8 [size, size, 3] by name."""
    asset = load_head_asset(asset_file)
    mesh, renderer = HeadMesh(asset), MeshRenderer(asset, size, size)
    stills = {
        name: renderer.render(mesh.pose(0, pose_row(expression))).rgb
        for name, expression in EXPRESSIONS.items()
    }
    renderer.close()
    return stills


def contact_sheet(stills: dict[str, NDArray[np.uint8]]) -> Image.Image:
    """Put stills side by side, each with its name."""
    size = len(next(iter(stills.values())))
    rows = -(-len(stills) // _COLUMNS)
    sheet = Image.new("RGB", (size * _COLUMNS, size * rows))
    draw = ImageDraw.Draw(sheet)
    for place, (name, still) in enumerate(stills.items()):
        corner = (place % _COLUMNS * size, place // _COLUMNS * size)
        sheet.paste(Image.fromarray(still), corner)
        draw.text((corner[0] + 6, corner[1] + 4), name, fill=_LABEL_COLOR)
    return sheet


def main() -> None:
    """Read the arguments, draw, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images/expressions.jpg"))
    parser.add_argument("--head", type=Path, default=None, help="another head file")
    parser.add_argument("--avatar", default="default", choices=list(HEADS))
    parser.add_argument("--size", type=int, default=256, help="pixels of one still")
    parser.add_argument("--only", default=None, help="save this expression alone")
    arguments = parser.parse_args()
    stills = draw_stills(arguments.head or head_file(arguments.avatar), arguments.size)
    only = arguments.only
    picture = contact_sheet(stills) if only is None else Image.fromarray(stills[only])
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    picture.save(arguments.out, optimize=True, quality=_QUALITY)  # of a JPEG


if __name__ == "__main__":
    main()
