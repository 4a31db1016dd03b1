"""Smooth edges for a processor, to which four samples a pixel cost as much again as the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream_engine.render.gl_context import GlContext

if TYPE_CHECKING:
    import moderngl

SMOOTH = "smooth"
"""Program that looks for edges in a picture and averages along them."""


class Smoothing:
    """A canvas of one sample a pixel, and the way from there to a picture.

    Latency: none. State: the canvas. Thread: the context's. Buffers: none.

    Args:
        context: Where to draw.
        size: Width and height in pixels.

    Attributes:
        canvas: To be drawn on.
    """

    def __init__(self, context: GlContext, size: tuple[int, int]) -> None:
        gl = self._gl = context.gl
        self._drawn = gl.texture(size, 4)
        self._drawn.filter = (gl.LINEAR, gl.LINEAR)
        self._drawn.repeat_x = self._drawn.repeat_y = False
        self.canvas = gl.framebuffer([self._drawn], gl.depth_renderbuffer(size))
        texel = (1.0 / size[0], 1.0 / size[1])
        program = context.program(SMOOTH, {"texel": texel, "drawn": 0})
        self._whole = gl.vertex_array(program, [])

    def draw(self, picture: moderngl.Framebuffer) -> None:
        """Draw what is on the canvas, its edges smooth."""
        picture.use()
        self._gl.enable_only(self._gl.NOTHING)
        self._drawn.use(0)
        self._whole.render(vertices=3)
