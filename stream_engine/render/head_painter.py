"""Draws one posed head into any target: programs, buffers and textures of a head."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stream_engine.errors import ShapeError
from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.mesh.outline import SHOWS, SHOWS_TO_PROCESSORS, outline
from stream_engine.mesh.skin_texture import read_skin_texture
from stream_engine.render.gl_context import GlContext, set_uniform
from stream_engine.render.mouth_light import MouthLight
from stream_engine.render.portrait import (
    BACKDROP,
    BLENDED,
    HAIR,
    HAIR_TENSOR,
    PLAIN_SHELL,
    SHELLS,
    RenderStyle,
    haired,
    pixels_a_metre,
    relief_pixels,
    uniforms,
)
from stream_engine.render.studio_maps import UNITS, ShadowMap, relief_texture
from stream_engine.types import MeshFrame

if TYPE_CHECKING:
    import moderngl

_MOUTH = "mouth"
_VERTEX_BYTES = 12


class HeadPainter:
    """Paints a head, upside down, so that the first row read is the top one.

    Latency: none. State: GPU buffers, allocated once. Thread: the context's. Buffers: none.

    Args:
        context: Where to draw.
        asset: The head.
        size: Width and height of a picture in pixels.
        style: Background and camera.
    """

    def __init__(
        self, context: GlContext, asset: HeadAsset, size: tuple[int, int], style: RenderStyle
    ) -> None:
        self._context = context
        self._size = size
        self._plain = bool(style.plain)
        self._heights = [PLAIN_SHELL] if self._plain else [(k + 1) / SHELLS for k in range(SHELLS)]
        self._vertices = asset.vertices
        self._mouth = MouthLight(asset)
        paint = read_skin_texture(asset)
        gl = context.gl
        shows = SHOWS_TO_PROCESSORS if context.software else SHOWS
        self._outline = outline(asset, pixels_a_metre(style, *size), shows)
        drawn = asset.vertices + self._outline.added
        self._positions = gl.buffer(reserve=drawn * _VERTEX_BYTES, dynamic=True)
        self._normals = gl.buffer(reserve=drawn * _VERTEX_BYTES, dynamic=True)
        self._compile(asset, style)
        skin = gl.texture((paint.shape[1], paint.shape[0]), 4, paint.tobytes())
        skin.filter = (gl.LINEAR, gl.LINEAR)
        skin.repeat_x = skin.repeat_y = False
        self._textures = {
            "skin_texture": skin,
            "relief": relief_texture(context, relief_pixels(style, size[1])),
            "scenery": self._scenery(style),
        }
        if self._shadow is not None:
            self._textures["shadow_map"] = self._shadow.depth

    @property
    def triangles(self) -> int:
        """How many are drawn of the head; shells of hair and what casts shadows not counted."""
        return len(self._outline.triangles)

    def check(self, frame: MeshFrame) -> None:
        """Refuse a mesh that is not this head's.

        Args:
            frame: The posed head.

        Raises:
            ShapeError: If it does not fit.
        """
        expected = (self._vertices, 3)
        if frame.positions.shape != expected or frame.normals.shape != expected:
            raise ShapeError(
                "the mesh does not fit this head",
                got=f"positions {frame.positions.shape}, normals {frame.normals.shape}",
                expected=str(expected),
                fix="pose and draw with the same head asset",
            )

    def paint(
        self, frame: MeshFrame, target: moderngl.Framebuffer, corner: tuple[int, int] = (0, 0)
    ) -> None:
        """Draw one head into a part of a target whose depth is clear.

        Args:
            frame: The posed head, one that was checked.
            target: Where to.
            corner: First pixel of the part, of the size given at the start.
        """
        placed = self._outline.placed(frame.positions, frame.normals)
        for buffer, values in zip((self._positions, self._normals), placed, strict=True):
            buffer.orphan()  # or a GPU that still draws the last head would be waited for
            buffer.write(np.ascontiguousarray(values, dtype=np.float32))
        if _MOUTH in self._programs:
            opening = self._mouth.of(frame.positions)
            set_uniform(self._programs[_MOUTH], "mouth_opening", opening)
        gl = self._context.gl
        gl.blend_func = (  # the vendor's annotation knows only pairs
            gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA, gl.ONE, gl.ONE_MINUS_SRC_ALPHA
        )  # type: ignore[assignment,unused-ignore]  # fmt: skip
        if self._shadow is not None:
            self._shadow.draw()
        gl.front_face = "cw"
        target.viewport = (*corner, *self._size)
        target.use()
        gl.enable_only(gl.NOTHING)
        for sampler, texture in self._textures.items():
            texture.use(UNITS[sampler])
        self._backdrop.render(vertices=3)
        self._draw_groups()

    def _compile(self, asset: HeadAsset, style: RenderStyle) -> None:
        """Make a program and a vertex array for each draw group, the hair and the backdrop."""
        gl, between = self._context.gl, self._outline.between
        attributes: list[tuple[moderngl.Buffer, str, str]] = [
            (self._positions, "3f", "position"),
            (self._normals, "3f", "normal"),
            (gl.buffer(between(asset.positions).tobytes()), "3f", "rest"),
            (gl.buffer(between(asset.uv).tobytes()), "2f", "uv"),
            (gl.buffer(between(asset.color).tobytes()), "4f1", "color"),
        ]
        values = uniforms(style, *self._size, up=-1.0) | UNITS
        self._programs: dict[str, moderngl.Program] = {}
        self._groups: list[tuple[str, moderngl.VertexArray]] = []
        runs = self._outline.runs()
        if HAIR_TENSOR in asset.extras:
            strands = between(asset.extras[HAIR_TENSOR])
            attributes.append((gl.buffer(strands.tobytes()), "4f1", "hair"))
            hair = haired(runs[asset.groups[0].name], strands)
            blended = {name: run for name, run in runs.items() if name == BLENDED}
            solid = {name: run for name, run in runs.items() if name != BLENDED}
            runs = solid | ({HAIR: hair} if len(hair) else {}) | blended
        for name, triangles in runs.items():
            program = self._programs[name] = self._context.program(name, values, self._plain)
            used = [entry for entry in attributes if entry[2] in program]
            index = gl.buffer(triangles.tobytes())
            self._groups.append((name, gl.vertex_array(program, used, index, 2)))
        self._shadow: ShadowMap | None = None
        if not self._plain:
            skin = asset.draw_triangles[: asset.groups[0].triangles]
            casters = gl.buffer(skin.tobytes())
            self._shadow = ShadowMap(self._context, attributes, casters, values)
        self._backdrop = gl.vertex_array(self._context.program(BACKDROP, values), [])

    def _scenery(self, style: RenderStyle) -> moderngl.Texture:
        """The picture behind the head, or a texel that is not looked at."""
        gl = self._context.gl
        picture = np.zeros((1, 1, 3), np.uint8) if style.picture is None else style.picture
        size = (picture.shape[1], picture.shape[0])
        texture = gl.texture(size, 3, picture.tobytes(), alignment=1)
        texture.repeat_x = texture.repeat_y = False
        return texture

    def _draw_groups(self) -> None:
        gl = self._context.gl
        for name, vertex_array in self._groups:
            culled = gl.NOTHING if name == BLENDED else gl.CULL_FACE
            blended = gl.BLEND if name in (BLENDED, HAIR) else gl.NOTHING
            gl.enable_only(gl.DEPTH_TEST | culled | blended)
            for height in self._heights if name == HAIR else (None,):
                if height is not None:
                    set_uniform(self._programs[name], "shell", height)
                vertex_array.render()
