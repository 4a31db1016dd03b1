"""How a portrait looks, apart from the head: for the renderer here and for one in a browser."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.outline import outline_measures
from stream_engine.render.camera import Camera
from stream_engine.render.mouth_light import MouthLight
from stream_engine.render.shader_source import Dialect, load_shader
from stream_engine.render.studio import SHADOW_PIXELS, shadow_matrix, studio_harmonics

BACKDROP = "backdrop"
"""Program of the wall, drawn first and without depth."""

BLENDED = "lash"
"""The draw group that is blended over everything else, from both sides."""

HAIR = "hair"
"""Program of the shells of hair, blended before the lashes; drawn only where a head has hair."""

HAIR_TENSOR = "hair"
"""Optional tensor of a head: density, length, curl and direction of its hair, uint8 [V, 4]."""

SHADOW = "shadow"
"""Program of what the key light sees."""

RELIEF = "relief"
"""Program of the tile of pores and strands, drawn once."""

RELIEF_PIXELS = 256
_FINEST_PIXELS_A_METRE = 3200  # of a face 1,024 pixels high
_LEAST_PIXELS = 64
_RELIEF_FOR = (64, 128, 256, 512, 1024)
SHELLS = 3
PLAIN_SHELL = 0.4
"""Height of the one shell of a plain head's hair."""


@dataclass(frozen=True, slots=True)
class RenderStyle:
    """How a portrait looks, apart from the head.

    Attributes:
        background: sRGB colour of the wall behind the head, 0..255.
        camera: Where the portrait is taken from.
        picture: Shown instead of the wall, sRGB, uint8 [H, W, 3] of the picture's own size.
        transparent: Nothing stands behind the head; colours are then times alpha.
        plain: No shadow is cast and hair is one shell, which costs half as much; None where a
            processor draws.
    """

    background: tuple[int, int, int] = (217, 221, 226)
    camera: Camera = field(default_factory=Camera)
    picture: NDArray[np.uint8] | None = None
    transparent: bool = False
    plain: bool | None = False


def settled(style: RenderStyle, software: bool) -> RenderStyle:
    """Settle whether a head is plain, by what draws, if the style leaves it open."""
    return replace(style, plain=software) if style.plain is None else style


def uniforms(style: RenderStyle, width: int, height: int, up: float) -> dict[str, object]:
    """What the shaders are told once, matrices as bytes in column order.

    Args:
        style: Background and camera.
        width: Of the picture, pixels.
        height: Of the picture, pixels.
        up: 1, or -1 where pictures are drawn upside down.

    Returns:
        Values by uniform.
    """
    upright = np.array([[1], [up], [1], [1]], dtype=np.float32)
    matrix = style.camera.matrix(width, height) * upright
    return {
        "view_projection": np.ascontiguousarray(matrix.T).tobytes(),
        "shadow_projection": np.ascontiguousarray(shadow_matrix().T).tobytes(),
        "studio": studio_harmonics(),
        "eye": tuple(float(axis) for axis in style.camera.eye),
        "background": tuple(channel / 255 for channel in style.background),
        "pictured": float(style.picture is not None),
        "opaque": float(not style.transparent),
        "up": up,
    }


def pixels_a_metre(style: RenderStyle, width: int, height: int) -> float:
    """How large a metre at the head is in a picture."""
    return min(width, height) / (2.0 * style.camera.half_height_m)


def relief_pixels(style: RenderStyle, height: int) -> int:
    """How fine the relief is for a picture: texels as large as pixels need no mipmaps."""
    finest = 2 * style.camera.half_height_m * _FINEST_PIXELS_A_METRE
    return max(_LEAST_PIXELS, RELIEF_PIXELS >> max(0, round(math.log2(finest / height))))


def haired(skin: NDArray[np.uint16], hair: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Those of the skin's triangles [M, 3] that bear hair, by the hair of vertices, [V, 4]."""
    found: NDArray[np.uint16] = skin[(hair[:, 0] > 0)[skin].any(axis=1)]
    return found


def portrait_message(mesh: HeadMesh, style: RenderStyle) -> dict[str, object]:
    """Say all that a WebGL 2 renderer needs besides the head file, as plain JSON values.

    Args:
        mesh: The head.
        style: Background and camera.

    Returns:
        ``shaders`` by program and stage, ``blended``, ``background`` (0..1), ``eye``,
        ``view_projection`` (column order, of a square picture), ``mouth``, ``lids``,
        ``lips``, ``retarget`` (None for nothing), ``outline``, and of the studio ``harmonics``,
        ``shadow``, ``relief``.
    """
    asset = mesh.asset
    programs = [BACKDROP, SHADOW, RELIEF, HAIR, *(group.name for group in asset.groups)]
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
        "hair": {
            "program": HAIR,
            "tensor": HAIR_TENSOR,
            "shells": SHELLS,
            "plain_shell": PLAIN_SHELL,
        },
        "shadow": {
            "program": SHADOW,
            "pixels": SHADOW_PIXELS,
            "projection": shadow_matrix().T.ravel().tolist(),
        },
        "relief": {
            "program": RELIEF,
            "pixels": {str(height): relief_pixels(style, height) for height in _RELIEF_FOR},
        },
        "studio": [channel for color in studio_harmonics() for channel in color],
        "background": [channel / 255 for channel in style.background],
        "transparent": style.transparent,
        "pictured": style.picture is not None,
        "eye": style.camera.eye.tolist(),
        "view_projection": style.camera.matrix(1, 1).T.ravel().tolist(),
        "mouth": MouthLight(asset).measures(),
        **mesh.measures(),
        "outline": {"metre": pixels_a_metre(style, 1, 1), **outline_measures()},
        "retarget": None if asset.retarget is None else asset.retarget.message(),
    }
