"""Draws the gallery, `docs/gallery.md` and its pictures: `python -m training.head.gallery`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import HEADS, HeadAsset, load_head_asset
from stream_engine.motion.arkit import pose_row
from stream_engine.render.backdrop import fitted
from stream_engine.render.camera import Camera
from stream_engine.render.mesh_renderer import MeshRenderer
from stream_engine.render.portrait import RenderStyle
from training.head.expressions import EXPRESSIONS
from training.head.looks import AVATARS

Picture = NDArray[np.uint8]

VIEWS = ("neutral", "turn left", "smile", "ee", "jaw open", "brows up", "angry", "blink")
_ROW = 4
_SIZE = 288
_QUALITY = 86
_CLOSE = Camera(height_m=0.008, half_height_m=0.085)
_CHECKER_PIXELS = 18
_HEADER = """# Gallery

Made by one command, `python -m training.head.gallery`, with the server's own renderer; none of
these people exists. The heads are CC0 (`stream_engine/assets/avatars/LICENSE.md`), how they are
built says [head.md](head.md). A session chooses one by name (`avatar` in its offer, the select on
the page, `render.avatar` in the settings).
"""


def faces(head: HeadAsset, views: tuple[str, ...], style: RenderStyle) -> list[Picture]:
    """Draw a head in several expressions."""
    mesh, renderer = HeadMesh(head), MeshRenderer(head, _SIZE, _SIZE, style)
    drawn = [renderer.render(mesh.pose(0, pose_row(EXPRESSIONS[view]))).rgb for view in views]
    renderer.close()
    return drawn


def sheet(pictures: list[Picture], columns: int) -> Image.Image:
    """Put pictures of one size side by side, in rows."""
    rows = [
        np.concatenate(pictures[k : k + columns], axis=1) for k in range(0, len(pictures), columns)
    ]
    return Image.fromarray(np.concatenate(rows, axis=0))


def backgrounds(head: HeadAsset) -> list[Picture]:
    """The same head before a colour, a picture, the picture blurred, and nothing."""
    scene = made_up_scene(_SIZE)
    styles = (
        RenderStyle(background=(43, 48, 56)),
        RenderStyle(picture=scene),
        RenderStyle(picture=fitted(scene, _SIZE, _SIZE, 0.035)),
    )
    drawn = [faces(head, ("neutral",), style)[0] for style in styles]
    mesh = HeadMesh(head)
    renderer = MeshRenderer(head, _SIZE, _SIZE, RenderStyle(transparent=True))
    still = renderer.still(mesh.pose(0, pose_row({})))
    renderer.close()
    return [*drawn, on_checkers(still)]


def on_checkers(still: Picture) -> Picture:
    """Lay a picture with alpha over the pattern that says transparent."""
    rows, columns = np.indices(still.shape[:2]) // _CHECKER_PIXELS
    wall = np.where((rows + columns) % 2, 236.0, 204.0)[..., None]
    alpha = still[..., 3:] / 255.0
    laid: Picture = np.round(still[..., :3] * alpha + wall * (1 - alpha)).astype(np.uint8)
    return laid


def made_up_scene(size: int) -> Picture:
    """An evening window, made of numbers: no photograph is shipped."""
    down, across = np.mgrid[0:size, 0:size] / size
    sky = np.stack([0.95 - 0.55 * down, 0.62 - 0.20 * down, 0.45 + 0.15 * down], axis=-1)
    bars = (np.abs(across - 0.18) < 0.012) | (np.abs(across - 0.82) < 0.012)
    bars |= np.abs(down - 0.35) < 0.012
    houses = down > 0.60 + 0.10 * np.sign(np.sin(across * 37.0)) * np.abs(np.sin(across * 11.0))
    lit = houses & (np.sin(across * 160) > 0.7) & (np.sin(down * 140) > 0.6)
    sky[houses] = (0.16, 0.15, 0.22)
    sky[lit] = (1.0, 0.85, 0.5)
    sky[bars] = (0.12, 0.10, 0.09)
    scene: Picture = np.round(sky * 255).astype(np.uint8)
    return scene


def page(avatars: Mapping[str, str]) -> str:
    """The text of the gallery: what each avatar is, by name."""
    parts = [_HEADER]
    for name, about in avatars.items():
        parts.append(
            f"\n## {name}\n\n{about}\n\n![{name}](images/avatar-{name}.jpg)\n\n"
            f"![{name}, close](images/avatar-{name}-close.jpg)\n"
        )
    parts.append(
        "\n## Backgrounds\n\nA colour, a picture, the picture blurred, nothing (alpha):"
        " `render.background*`, [head.md](head.md#background).\n\n"
        "![Backgrounds](images/backgrounds.jpg)\n"
    )
    return "".join(parts)


def main() -> None:
    """Draw, save, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    docs: Path = parser.parse_args().docs
    images = docs / "images"
    images.mkdir(parents=True, exist_ok=True)
    for name, file in HEADS.items():
        head = load_head_asset(file)
        small = sheet(faces(head, VIEWS, RenderStyle()), _ROW)
        small.save(images / f"avatar-{name}.jpg", quality=_QUALITY, optimize=True)
        close = sheet(faces(head, ("neutral", "ee", "turn right"), RenderStyle(camera=_CLOSE)), 3)
        close.save(images / f"avatar-{name}-close.jpg", quality=_QUALITY, optimize=True)
    walls = sheet(backgrounds(load_head_asset()), _ROW)
    walls.save(images / "backgrounds.jpg", quality=_QUALITY, optimize=True)
    abouts = {name: AVATARS[name].about for name in HEADS if name in AVATARS}
    (docs / "gallery.md").write_text(page(abouts), encoding="utf-8")


if __name__ == "__main__":
    main()
