"""How a portrait looks, apart from the head: for the renderer here and for one in a browser."""

from __future__ import annotations

from dataclasses import dataclass, field

from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.render.camera import Camera
from stream_engine.render.mouth_light import MouthLight
from stream_engine.render.shader_source import Dialect, load_shader

BACKDROP = "backdrop"
"""Program of the wall, drawn first and without depth."""

BLENDED = "lash"
"""The draw group that is blended over everything else, from both sides."""


@dataclass(frozen=True, slots=True)
class RenderStyle:
    """How a portrait looks, apart from the head.

    Attributes:
        background: sRGB colour of the wall behind the head, 0..255.
        camera: Where the portrait is taken from.
    """

    background: tuple[int, int, int] = (217, 221, 226)
    camera: Camera = field(default_factory=Camera)


def portrait_message(asset: HeadAsset, style: RenderStyle) -> dict[str, object]:
    """Say all that a WebGL 2 renderer needs besides the head file, as plain JSON values.

    Args:
        asset: The head.
        style: Background and camera.

    Returns:
        ``shaders`` by program and stage, ``blended``, ``background`` (0..1), ``eye``,
        ``view_projection`` (column order, of a square picture), ``mouth`` and
        ``retarget`` (None for nothing).
    """
    programs = [BACKDROP, *(group.name for group in asset.groups)]
    mouth = MouthLight(asset)
    return {
        "shaders": {
            name: {
                "vertex": load_shader(f"{name}.vert", Dialect.WEB),
                "fragment": load_shader(f"{name}.frag", Dialect.WEB),
            }
            for name in programs
        },
        "backdrop": BACKDROP,
        "blended": BLENDED,
        "background": [channel / 255 for channel in style.background],
        "eye": style.camera.eye.tolist(),
        "view_projection": style.camera.matrix(1, 1).T.ravel().tolist(),
        "mouth": mouth.measures(),
        "retarget": None if asset.retarget is None else asset.retarget.message(),
    }
