"""Painting a head into a part of a target."""

import numpy as np
import pytest

from stream_engine.errors import ShapeError
from stream_engine.motion.arkit import COEFFICIENT_COUNT
from stream_engine.render.gl_context import GlContext
from stream_engine.render.head_painter import HeadPainter
from stream_engine.render.portrait import RenderStyle
from stream_engine.types import MeshFrame

SIZE = 64


@pytest.mark.gl
def test_a_head_stays_in_its_part(opengl, head, mesh):
    """The rest of the target is left alone; a mesh of another head is refused."""
    context = GlContext()
    painter = HeadPainter(context, head, (SIZE, SIZE), RenderStyle())
    gl = context.gl
    target = gl.framebuffer(
        [gl.renderbuffer((2 * SIZE, SIZE), 4)], gl.depth_renderbuffer((2 * SIZE, SIZE))
    )
    target.clear(1.0, 0.0, 1.0, 1.0, depth=1.0)
    rest = mesh.pose(0, np.zeros(COEFFICIENT_COUNT, np.float32))
    painter.paint(rest, target, (SIZE, 0))
    target.viewport = (0, 0, 2 * SIZE, SIZE)
    seen = np.frombuffer(target.read(components=3, alignment=1), np.uint8)
    seen = seen.reshape(SIZE, 2 * SIZE, 3)
    assert (seen[:, :SIZE] == (255, 0, 255)).all()
    assert not (seen[:, SIZE:] == (255, 0, 255)).all(axis=-1).any()
    wrong = np.zeros((4, 3), np.float32)
    with pytest.raises(ShapeError, match="does not fit"):
        painter.check(MeshFrame(0, wrong, wrong))
    context.close()
