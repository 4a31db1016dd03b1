"""Draws posed heads with OpenGL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stream_engine.errors import ShapeError
from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.mesh.skin_texture import read_skin_texture
from stream_engine.render.gl_context import GlContext, set_uniform
from stream_engine.render.mouth_light import MouthLight
from stream_engine.render.portrait import BACKDROP, BLENDED, RenderStyle
from stream_engine.telemetry.spans import span
from stream_engine.types import MeshFrame, VideoFrame

if TYPE_CHECKING:
    import moderngl

_SAMPLES = 4
_UPSIDE_DOWN = np.array([[1], [-1], [1], [1]], dtype=np.float32)
_VERTEX_BYTES = 12


class MeshRenderer:
    """Draws one head at a time into a picture; RenderError says so where there is no OpenGL.

    Latency: none. State: GPU buffers, allocated once. Thread: the one that made it. Buffers: the
    picture returned is the caller's.

    Args:
        asset: The head.
        width: Picture width in pixels.
        height: Picture height in pixels.
        style: Background and camera.
    """

    def __init__(
        self, asset: HeadAsset, width: int, height: int, style: RenderStyle | None = None
    ) -> None:
        self._size = (width, height)
        self._vertices = asset.vertices
        self._mouth = MouthLight(asset)
        paint = read_skin_texture(asset)
        self._context = GlContext()
        with self._context.set_up():
            gl = self._context.gl
            self._picture = gl.framebuffer([gl.renderbuffer(self._size, 4)])
            self._canvas = gl.framebuffer(
                [gl.renderbuffer(self._size, 4, samples=_SAMPLES)],
                gl.depth_renderbuffer(self._size, samples=_SAMPLES),
            )
            self._texture = gl.texture((paint.shape[1], paint.shape[0]), 4, paint.tobytes())
            self._texture.filter = (gl.LINEAR, gl.LINEAR)
            self._texture.repeat_x = self._texture.repeat_y = False
            self._positions = gl.buffer(reserve=asset.vertices * _VERTEX_BYTES, dynamic=True)
            self._normals = gl.buffer(reserve=asset.vertices * _VERTEX_BYTES, dynamic=True)
            self._compile(asset, style or RenderStyle())

    @property
    def device(self) -> str:
        """Name of what draws, for logs."""
        return self._context.device

    def render(self, frame: MeshFrame) -> VideoFrame:
        """Draw one head; RenderError after `close` or from another thread.

        Args:
            frame: The posed head.

        Returns:
            The picture, with the frame's `pts`.

        Raises:
            ShapeError: If the mesh is not this head's.
        """
        self._context.check()
        expected = (self._vertices, 3)
        if frame.positions.shape != expected or frame.normals.shape != expected:
            raise ShapeError(
                "the mesh does not fit this head",
                got=f"positions {frame.positions.shape}, normals {frame.normals.shape}",
                expected=str(expected),
                fix="pose and draw with the same head asset",
            )
        with span("render", pts=frame.pts):
            self._positions.write(np.ascontiguousarray(frame.positions, dtype=np.float32))
            self._normals.write(np.ascontiguousarray(frame.normals, dtype=np.float32))
            set_uniform(self._programs["mouth"], "mouth_opening", self._mouth.of(frame.positions))
            self._draw()
            self._context.finish()  # here, or the calls below wait with Python's lock held
        with span("read-back", pts=frame.pts):
            return self._read_back(frame.pts)

    def close(self) -> None:
        """Free the context; may be called again."""
        self._context.close()

    def _compile(self, asset: HeadAsset, style: RenderStyle) -> None:
        """Make a program and a vertex array for each draw group, and one for the backdrop."""
        gl = self._context.gl
        attributes: list[tuple[moderngl.Buffer, str, str]] = [
            (self._positions, "3f", "position"),
            (self._normals, "3f", "normal"),
            (gl.buffer(asset.uv.tobytes()), "2f", "uv"),
            (gl.buffer(asset.color.tobytes()), "4f1", "color"),
        ]
        matrix = style.camera.matrix(*self._size) * _UPSIDE_DOWN
        values: dict[str, object] = {
            "view_projection": np.ascontiguousarray(matrix.T).tobytes(),
            "eye": tuple(float(axis) for axis in style.camera.eye),
            "background": tuple(channel / 255 for channel in style.background),
            "up": -1.0,
        }
        self._programs: dict[str, moderngl.Program] = {}
        self._groups: list[tuple[str, moderngl.VertexArray]] = []
        for group in asset.groups:
            program = self._context.program(group.name, values)
            span = slice(group.first_triangle, group.first_triangle + group.triangles)
            used = [entry for entry in attributes if entry[2] in program]
            index = gl.buffer(asset.draw_triangles[span].tobytes())
            self._programs[group.name] = program
            self._groups.append((group.name, gl.vertex_array(program, used, index, 2)))
        self._backdrop = gl.vertex_array(self._context.program(BACKDROP, values), [])

    def _draw(self) -> None:
        gl = self._context.gl
        self._canvas.use()
        gl.front_face = "cw"  # drawn upside down, so that the first row read is the top one
        gl.enable_only(gl.NOTHING)
        self._canvas.clear(depth=1.0)
        self._backdrop.render(vertices=3)
        self._texture.use(0)
        for name, vertex_array in self._groups:
            gl.enable_only(gl.DEPTH_TEST | (gl.BLEND if name == BLENDED else gl.CULL_FACE))
            vertex_array.render()

    def _read_back(self, pts: int) -> VideoFrame:
        self._context.gl.copy_framebuffer(self._picture, self._canvas)
        self._context.finish()
        width, height = self._size
        rgb = np.empty((height, width, 3), dtype=np.uint8)
        self._picture.read_into(rgb, components=3, alignment=1)
        return VideoFrame(pts, rgb)
