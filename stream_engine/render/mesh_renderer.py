"""Draws posed heads with OpenGL."""

from __future__ import annotations

from dataclasses import dataclass, field

import moderngl
import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import RenderError, ShapeError
from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.mesh.skin_texture import read_skin_texture
from stream_engine.render.camera import Camera
from stream_engine.render.gl_context import GlContext
from stream_engine.render.mouth_light import MouthLight
from stream_engine.render.shader_source import load_shader
from stream_engine.types import MeshFrame, VideoFrame

_SAMPLES = 4
_UPSIDE_DOWN = np.array([[1], [-1], [1], [1]], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class RenderStyle:
    """How a portrait looks, apart from the head.

    Attributes:
        background: sRGB colour of the wall behind the head, 0..255.
        camera: Where the portrait is taken from.
    """

    background: tuple[int, int, int] = (217, 221, 226)
    camera: Camera = field(default_factory=Camera)


class MeshRenderer:
    """Draws one head at a time into a picture.

    Latency: none. State: GPU buffers, allocated once. Thread: the one that made it. Buffers: the
    picture returned is the caller's.

    Args:
        asset: The head.
        width: Picture width in pixels.
        height: Picture height in pixels.
        style: Background and camera.

    Raises:
        RenderError: If OpenGL is not there.
        AssetError: If the head's skin texture is broken.
    """

    def __init__(
        self, asset: HeadAsset, width: int, height: int, style: RenderStyle | None = None
    ) -> None:
        self._size = (width, height)
        self._vertices = asset.vertices
        self._style = style or RenderStyle()
        self._mouth = MouthLight(asset)
        self._context = GlContext()
        try:
            self._allocate(asset)
        except moderngl.Error as error:
            self._context.close()
            raise RenderError(
                "the drawing set-up failed",
                got=str(error),
                expected="OpenGL 3.3 with 4x multisampling",
                fix="update the GPU driver or Mesa",
            ) from error

    @property
    def device(self) -> str:
        """Name of what draws, for logs."""
        return self._context.device

    def render(self, frame: MeshFrame) -> VideoFrame:
        """Draw one head.

        Raises:
            ShapeError: If the mesh is not this head's.
            RenderError: If called after `close` or from another thread.
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
        self._positions.write(np.ascontiguousarray(frame.positions, dtype=np.float32))
        self._normals.write(np.ascontiguousarray(frame.normals, dtype=np.float32))
        self._programs["mouth"]["mouth_opening"].value = self._mouth.of(frame.positions)
        self._draw()
        return VideoFrame(frame.pts, self._read_back())

    def close(self) -> None:
        """Free the context; may be called again."""
        self._context.close()

    def _allocate(self, asset: HeadAsset) -> None:
        gl = self._context.gl
        self._picture = gl.framebuffer([gl.renderbuffer(self._size, 4)])
        self._canvas = gl.framebuffer(
            [gl.renderbuffer(self._size, 4, samples=_SAMPLES)],
            gl.depth_renderbuffer(self._size, samples=_SAMPLES),
        )
        self._positions = gl.buffer(reserve=asset.vertices * 12, dynamic=True)
        self._normals = gl.buffer(reserve=asset.vertices * 12, dynamic=True)
        buffers = [
            (self._positions, "3f", "position"),
            (self._normals, "3f", "normal"),
            (gl.buffer(asset.uv.tobytes()), "2f", "uv"),
            (gl.buffer(asset.color.tobytes()), "4f1", "color"),
        ]
        paint = read_skin_texture(asset)
        self._texture = gl.texture((paint.shape[1], paint.shape[0]), 4, paint.tobytes())
        self._texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        self._texture.repeat_x = self._texture.repeat_y = False
        self._programs: dict[str, moderngl.Program] = {}
        self._groups: list[tuple[str, moderngl.VertexArray]] = []
        matrix = self._style.camera.matrix(*self._size) * _UPSIDE_DOWN
        for group in asset.groups:
            program = gl.program(load_shader(f"{group.name}.vert"), load_shader(f"{group.name}.frag"))
            program["view_projection"].write(np.ascontiguousarray(matrix.T))
            if "eye" in program:
                program["eye"].value = tuple(self._style.camera.eye)
            span = slice(group.first_triangle, group.first_triangle + group.triangles)
            index = gl.buffer(asset.draw_triangles[span].tobytes())
            kept = [entry for entry in buffers if entry[2] in program]
            self._programs[group.name] = program
            self._groups.append(
                (group.name, gl.vertex_array(program, kept, index, index_element_size=2))
            )
        self._backdrop_program = gl.program(
            load_shader("backdrop.vert"), load_shader("backdrop.frag")
        )
        shade = tuple(channel / 255 for channel in self._style.background)
        self._backdrop_program["background"].value = shade
        self._backdrop_program["up"].value = -1.0
        self._backdrop = gl.vertex_array(self._backdrop_program, [])

    def _draw(self) -> None:
        gl = self._context.gl
        self._canvas.use()
        gl.front_face = "cw"  # drawn upside down, so that the first row read is the top one
        gl.enable_only(moderngl.NOTHING)
        self._canvas.clear(depth=1.0)
        self._backdrop.render(vertices=3)
        self._texture.use(0)
        for name, vertex_array in self._groups:
            blend = moderngl.BLEND if name == "lash" else moderngl.CULL_FACE
            gl.enable_only(moderngl.DEPTH_TEST | blend)
            vertex_array.render()

    def _read_back(self) -> NDArray[np.uint8]:
        self._context.gl.copy_framebuffer(self._picture, self._canvas)
        width, height = self._size
        rgb = np.empty((height, width, 3), dtype=np.uint8)
        self._picture.read_into(rgb, components=3, alignment=1)
        return rgb
