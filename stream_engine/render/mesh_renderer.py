"""Draws posed heads with OpenGL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import ShapeError
from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.mesh.skin_texture import read_skin_texture
from stream_engine.render.gl_context import GlContext, set_uniform
from stream_engine.render.mouth_light import MouthLight
from stream_engine.render.portrait import (
    BACKDROP,
    BLENDED,
    HAIR,
    HAIR_TENSOR,
    SHELLS,
    RenderStyle,
    haired,
    relief_pixels,
    uniforms,
)
from stream_engine.render.studio_maps import UNITS, ShadowMap, relief_texture
from stream_engine.telemetry.spans import span
from stream_engine.types import MeshFrame, VideoFrame

if TYPE_CHECKING:
    import moderngl

_SAMPLES = 4
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
            self._positions = gl.buffer(reserve=asset.vertices * _VERTEX_BYTES, dynamic=True)
            self._normals = gl.buffer(reserve=asset.vertices * _VERTEX_BYTES, dynamic=True)
            self._compile(asset, style or RenderStyle())
            skin = gl.texture((paint.shape[1], paint.shape[0]), 4, paint.tobytes())
            skin.filter = (gl.LINEAR, gl.LINEAR)
            skin.repeat_x = skin.repeat_y = False
            self._textures = {
                "skin_texture": skin,
                "relief": relief_texture(
                    self._context, relief_pixels(style or RenderStyle(), height)
                ),
                "shadow_map": self._shadow.depth,
                "scenery": self._scenery(style or RenderStyle()),
            }

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

    def still(self, frame: MeshFrame) -> NDArray[np.uint8]:
        """Draw one head with its alpha: sRGB not multiplied by it, uint8 [H, W, 4].

        Args:
            frame: The posed head.

        Returns:
            The picture, opaque unless the style is transparent.

        Raises:
            ShapeError: If the mesh is not this head's.
        """
        self.render(frame)
        width, height = self._size
        rgba = np.empty((height, width, 4), dtype=np.uint8)
        self._picture.read_into(rgba, components=4, alignment=1)
        alpha = rgba[..., 3:].astype(np.float32)
        color = rgba[..., :3] * (255.0 / np.maximum(alpha, 1.0))
        rgba[..., :3] = np.minimum(np.round(color), 255)
        return rgba

    def close(self) -> None:
        """Free the context; may be called again."""
        self._context.close()

    def _compile(self, asset: HeadAsset, style: RenderStyle) -> None:
        """Make a program and a vertex array for each draw group, the hair and the backdrop."""
        gl = self._context.gl
        attributes: list[tuple[moderngl.Buffer, str, str]] = [
            (self._positions, "3f", "position"),
            (self._normals, "3f", "normal"),
            (gl.buffer(asset.positions.tobytes()), "3f", "rest"),
            (gl.buffer(asset.uv.tobytes()), "2f", "uv"),
            (gl.buffer(asset.color.tobytes()), "4f1", "color"),
        ]
        values = uniforms(style, *self._size, up=-1.0) | UNITS
        self._programs: dict[str, moderngl.Program] = {}
        self._groups: list[tuple[str, moderngl.VertexArray]] = []
        runs = {
            group.name: asset.draw_triangles[group.first_triangle :][: group.triangles]
            for group in asset.groups
        }
        hair = haired(asset)
        if hair is not None:
            strands = np.ascontiguousarray(asset.extras[HAIR_TENSOR])
            attributes.append((gl.buffer(strands.tobytes()), "4f1", "hair"))
            runs = (
                {name: run for name, run in runs.items() if name != BLENDED}
                | {HAIR: hair}
                | {name: run for name, run in runs.items() if name == BLENDED}
            )
        for name, triangles in runs.items():
            program = self._programs[name] = self._context.program(name, values)
            used = [entry for entry in attributes if entry[2] in program]
            index = gl.buffer(triangles.tobytes())
            self._groups.append((name, gl.vertex_array(program, used, index, 2)))
        casters = gl.buffer(runs[asset.groups[0].name].tobytes())
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

    def _draw(self) -> None:
        gl = self._context.gl
        gl.blend_func = (  # the vendor's annotation knows only pairs
            gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA, gl.ONE, gl.ONE_MINUS_SRC_ALPHA
        )  # type: ignore[assignment,unused-ignore]  # fmt: skip
        self._shadow.draw()
        gl.front_face = "cw"  # drawn upside down, so that the first row read is the top one
        self._canvas.use()
        gl.enable_only(gl.NOTHING)
        self._canvas.clear(depth=1.0)
        for sampler, texture in self._textures.items():
            texture.use(UNITS[sampler])
        self._backdrop.render(vertices=3)
        for name, vertex_array in self._groups:
            culled = gl.NOTHING if name == BLENDED else gl.CULL_FACE
            blended = gl.BLEND if name in (BLENDED, HAIR) else gl.NOTHING
            gl.enable_only(gl.DEPTH_TEST | culled | blended)
            for shell in range(SHELLS) if name == HAIR else (None,):
                if shell is not None:
                    set_uniform(self._programs[name], "shell", (shell + 1) / SHELLS)
                vertex_array.render()

    def _read_back(self, pts: int) -> VideoFrame:
        self._context.gl.copy_framebuffer(self._picture, self._canvas)
        self._context.finish()
        width, height = self._size
        rgb = np.empty((height, width, 3), dtype=np.uint8)
        self._picture.read_into(rgb, components=3, alignment=1)
        return VideoFrame(pts, rgb)
