"""A renderer that paints every picture in one colour."""

import numpy as np

from stream_engine.errors import RenderError, ShapeError
from stream_engine.protocols import Renderer
from stream_engine.types import MeshFrame, VideoFrame


class SolidRenderer(Renderer):
    """Implements `Renderer` without OpenGL."""

    def __init__(
        self, vertices: int, width: int, height: int, color: tuple[int, int, int] = (200, 120, 90)
    ) -> None:
        self._vertices = vertices
        self._rgb = np.full((height, width, 3), color, dtype=np.uint8)
        self._open = True

    def render(self, frame: MeshFrame) -> VideoFrame:
        """Give the colour."""
        if not self._open:
            raise RenderError("the renderer is closed", fix="make a new one")
        if frame.positions.shape != (self._vertices, 3):
            raise ShapeError(
                "the mesh does not fit this head",
                got=str(frame.positions.shape),
                expected=str((self._vertices, 3)),
                fix="pose and draw with the same head asset",
            )
        return VideoFrame(frame.pts, self._rgb.copy())

    def close(self) -> None:
        """Refuse further calls."""
        self._open = False
