"""Draws posed heads with OpenGL."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.protocols import Renderer
from stream_engine.render.gl_context import GlContext
from stream_engine.render.head_painter import HeadPainter
from stream_engine.render.portrait import RenderStyle, settled
from stream_engine.render.smoothing import Smoothing
from stream_engine.telemetry.spans import span
from stream_engine.types import MeshFrame, VideoFrame

SAMPLES = 4


class MeshRenderer(Renderer):
    """Draws one head at a time into a picture.

    Latency: none. State: GPU buffers, allocated once. Thread: the one that made it. Buffers: the
    picture returned is the caller's.

    Args:
        asset: The head.
        width: Picture width in pixels.
        height: Picture height in pixels.
        style: Background and camera.
        context: Where to draw; one of its own by default.

    Raises:
        RenderError: If there is no OpenGL.
    """

    def __init__(
        self,
        asset: HeadAsset,
        width: int,
        height: int,
        style: RenderStyle | None = None,
        context: GlContext | None = None,
    ) -> None:
        self._size = (width, height)
        self._context = context or GlContext()
        with self._context.set_up():
            gl = self._context.gl
            self._picture = gl.framebuffer([gl.renderbuffer(self._size, 4)])
            style = settled(style or RenderStyle(), self._context.software)
            self._smoothing = Smoothing(self._context, self._size) if style.plain else None
            self._canvas = (
                self._smoothing.canvas
                if self._smoothing
                else gl.framebuffer(
                    [gl.renderbuffer(self._size, 4, samples=SAMPLES)],
                    gl.depth_renderbuffer(self._size, samples=SAMPLES),
                )
            )
            self._painter = HeadPainter(self._context, asset, self._size, style)

    @property
    def device(self) -> str:
        """Name of what draws, for logs."""
        return self._context.device

    @property
    def triangles(self) -> int:
        """How many are drawn of the head; shells of hair and what casts shadows not counted."""
        return self._painter.triangles

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
        self._painter.check(frame)
        with span("render", pts=frame.pts):
            self._canvas.clear(depth=1.0)
            self._painter.paint(frame, self._canvas)
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

    def _read_back(self, pts: int) -> VideoFrame:
        if self._smoothing is not None:
            self._smoothing.draw(self._picture)
        else:
            self._context.gl.copy_framebuffer(self._picture, self._canvas)
        self._context.finish()
        width, height = self._size
        rgb = np.empty((height, width, 3), dtype=np.uint8)
        self._picture.read_into(rgb, components=3, alignment=1)
        return VideoFrame(pts, rgb)
