"""Draws many heads at once: one context, one large picture, read back while the next is drawn."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np

from stream_engine.errors import RenderError
from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.protocols import Renderer
from stream_engine.render.gl_context import Fence, GlContext
from stream_engine.render.head_painter import HeadPainter
from stream_engine.render.mesh_renderer import SAMPLES
from stream_engine.render.portrait import RenderStyle, settled
from stream_engine.telemetry.spans import span
from stream_engine.types import MeshFrame, VideoFrame

_IN_FLIGHT = 2
_CHANNELS = 3


class AtlasRenderer(Renderer):
    """Draws batches of one head's poses.

    Pictures lie side by side in one large one, so that a batch is resolved and read back in one
    go, into a buffer that the graphics card fills while the next batch is drawn.

    Latency: none, or a batch where the caller submits one more before it collects. State: GPU
    buffers, allocated once; at most two batches. Thread: the one that made it. Buffers: pictures
    returned are the caller's.

    Args:
        asset: The head.
        size: Width and height of a picture.
        batch: Most heads of a batch.
        style: Background and camera.
        context: Where to draw; one of its own by default.

    Raises:
        RenderError: If there is no OpenGL, or no picture so large.
    """

    def __init__(
        self,
        asset: HeadAsset,
        size: tuple[int, int],
        batch: int,
        style: RenderStyle | None = None,
        context: GlContext | None = None,
    ) -> None:
        self._size, self._batch = size, batch
        self._columns = math.ceil(math.sqrt(batch))
        self._rows = math.ceil(batch / self._columns)
        whole = (size[0] * self._columns, size[1] * self._rows)
        self._waiting: deque[tuple[int, list[int], Fence]] = deque()
        self._next = 0
        self._context = context or GlContext()
        with self._context.set_up():
            gl = self._context.gl
            self._picture = gl.framebuffer([gl.renderbuffer(whole, 4)])
            self._canvas = gl.framebuffer(
                [gl.renderbuffer(whole, 4, samples=SAMPLES)],
                gl.depth_renderbuffer(whole, samples=SAMPLES),
            )
            self._read = [
                gl.buffer(reserve=whole[0] * whole[1] * _CHANNELS) for _ in range(_IN_FLIGHT)
            ]
            self._painter = HeadPainter(
                self._context, asset, size, settled(style or RenderStyle(), self._context.software)
            )

    @property
    def device(self) -> str:
        """Name of what draws, for logs."""
        return self._context.device

    def submit(self, frames: Sequence[MeshFrame]) -> None:
        """Begin to draw a batch.

        Args:
            frames: Posed heads, at most `batch`.

        Raises:
            RenderError: If there are more, if two batches wait to be collected, after `close`
                or from another thread.
            ShapeError: If a mesh is not this head's.
        """
        self._context.check()
        if len(frames) > self._batch or len(self._waiting) == _IN_FLIGHT:
            raise RenderError(
                "the batch cannot be drawn",
                got=f"{len(frames)} heads, {len(self._waiting)} batches waiting",
                expected=f"at most {self._batch} heads, fewer than {_IN_FLIGHT} batches",
                fix="collect first, or make a renderer for larger batches",
            )
        for frame in frames:
            self._painter.check(frame)
        stamps = [frame.pts for frame in frames]
        used = (0, 0, self._columns * self._size[0], self._rows_of(len(frames)) * self._size[1])
        with span("render", pts=min(stamps, default=0)):
            self._canvas.viewport = used
            self._canvas.clear(depth=1.0, viewport=used)
            for place, frame in enumerate(frames):
                self._painter.paint(frame, self._canvas, self._corner(place))
            self._context.gl.copy_framebuffer(self._picture, self._canvas)
            self._picture.read_into(self._read[self._next], used, _CHANNELS, alignment=1)
        self._waiting.append((self._next, stamps, self._context.fence()))
        self._next = (self._next + 1) % _IN_FLIGHT

    def collect(self) -> list[VideoFrame]:
        """Wait for the oldest batch.

        Returns:
            Its pictures in the order of its heads, each with its `pts`; none if no batch waits.
        """
        self._context.check()
        if not self._waiting:
            return []
        place, stamps, fence = self._waiting.popleft()
        width, height = self._size
        with span("read-back", pts=min(stamps, default=0)):
            fence()
            used = (self._rows_of(len(stamps)) * height, self._columns * width, _CHANNELS)
            whole = np.frombuffer(self._read[place].read(math.prod(used)), np.uint8).reshape(used)
        pictures = []
        for number, pts in enumerate(stamps):
            left, top = self._corner(number)
            pictures.append(VideoFrame(pts, whole[top : top + height, left : left + width].copy()))
        return pictures

    def render(self, frame: MeshFrame) -> VideoFrame:
        """Draw one head.

        Args:
            frame: The posed head.

        Returns:
            The picture, with the frame's `pts`.

        Raises:
            RenderError: After `close`, from another thread, or while batches wait.
            ShapeError: If the mesh is not this head's.
        """
        (picture,) = self.render_all([frame])
        return picture

    def render_all(self, frames: Iterable[MeshFrame]) -> Iterator[VideoFrame]:
        """Draw many heads, a batch while the one before is read back.

        Args:
            frames: Posed heads; so many are asked for at once as make a batch.

        Yields:
            Their pictures in order.

        Raises:
            RenderError: After `close`, from another thread, or while batches wait.
            ShapeError: If a mesh is not this head's; its batch and the one before are lost.
        """
        left = iter(frames)
        try:
            while batch := list(islice(left, self._batch)):
                self.submit(batch)
                if len(self._waiting) == _IN_FLIGHT:
                    yield from self.collect()
            while self._waiting:
                yield from self.collect()
        finally:
            self._waiting.clear()

    def close(self) -> None:
        """Free the context; may be called again."""
        self._context.close()

    def _rows_of(self, heads: int) -> int:
        """Rows that so many heads fill."""
        return math.ceil(heads / self._columns)

    def _corner(self, place: int) -> tuple[int, int]:
        """Where a head of the batch lies in the large picture."""
        row, column = divmod(place, self._columns)
        return column * self._size[0], row * self._size[1]
