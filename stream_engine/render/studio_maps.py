"""Textures the shaders need besides the skin: its relief, drawn once, and the key's shadow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream_engine.render.gl_context import GlContext
from stream_engine.render.portrait import RELIEF, SHADOW
from stream_engine.render.studio import SHADOW_PIXELS

if TYPE_CHECKING:
    import moderngl

UNITS = {"skin_texture": 0, "relief": 1, "shadow_map": 2, "scenery": 3}
"""Texture unit of each sampler."""


class ShadowMap:
    """What the key light sees, drawn anew for each pose.

    Latency: none. State: a depth texture. Thread: the context's. Buffers: none.

    Args:
        context: Where to draw.
        attributes: The head's posed positions, as `vertex_array` takes them.
        index: Triangles that cast shadows.
        values: Uniforms.
    """

    def __init__(
        self,
        context: GlContext,
        attributes: list[tuple[moderngl.Buffer, str, str]],
        index: moderngl.Buffer,
        values: dict[str, object],
    ) -> None:
        gl = self._gl = context.gl
        pixels = SHADOW_PIXELS["processor" if context.software else "card"]
        self.depth = gl.depth_texture((pixels, pixels))
        self.depth.filter = (gl.LINEAR, gl.LINEAR)
        self.depth.compare_func = "<="
        self.depth.repeat_x = self.depth.repeat_y = False
        self._target = gl.framebuffer(depth_attachment=self.depth)
        program = context.program(SHADOW, values)
        used = [entry for entry in attributes if entry[2] in program]
        self._casters = gl.vertex_array(program, used, index, 2)

    def draw(self) -> None:
        """Draw the depths of the pose in the buffers."""
        self._target.use()
        self._gl.front_face = "ccw"
        self._gl.enable_only(self._gl.DEPTH_TEST | self._gl.CULL_FACE)
        self._target.clear(depth=1.0)
        self._casters.render()


def relief_texture(context: GlContext, pixels: int) -> moderngl.Texture:
    """Draw the tile of pores and strands, so many pixels wide and high."""
    gl = context.gl
    texture = gl.texture((pixels, pixels), 4)
    target = gl.framebuffer([texture])
    target.use()
    gl.enable_only(gl.NOTHING)
    gl.vertex_array(context.program(RELIEF, {"texel": 1.0 / pixels}), []).render(vertices=3)
    texture.filter = (gl.LINEAR, gl.LINEAR)
    return texture
