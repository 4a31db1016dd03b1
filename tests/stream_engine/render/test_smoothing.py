"""Edges of pictures with one sample a pixel."""

import numpy as np
import pytest

from stream_engine.render.gl_context import GlContext
from stream_engine.render.smoothing import Smoothing

SIZE = 64
pytestmark = pytest.mark.gl


def smoothed(picture):
    """Put a picture on the canvas, uint8 [H, W, 4], and take what comes of it."""
    context = GlContext()
    with context.set_up():
        smoothing = Smoothing(context, (SIZE, SIZE))
        target = context.gl.framebuffer([context.gl.renderbuffer((SIZE, SIZE), 4)])
        smoothing.canvas.color_attachments[0].write(picture.tobytes())
        smoothing.draw(target)
        made = np.frombuffer(target.read(components=4), np.uint8).reshape(SIZE, SIZE, 4)
    context.close()
    return made


def test_what_has_no_edges_stays():
    """A slow ramp is itself to a step of eight bits."""
    ramp = np.full((SIZE, SIZE, 4), 255, np.uint8)
    ramp[..., :3] = 2 * np.arange(SIZE)[None, :, None]
    assert np.abs(smoothed(ramp).astype(int) - ramp).max() <= 3


@pytest.mark.parametrize("slope", [0.3, 1.0, 3.0])
def test_a_slanted_edge_becomes_soft_and_stays_where_it_is(slope):
    """Values between both sides appear, on the edge alone; the mean does not move."""
    y, x = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    edge = np.full((SIZE, SIZE, 4), 255, np.uint8)
    edge[y > slope * x, :3] = 0
    made = smoothed(edge)[..., 0]
    between = (made > 20) & (made < 235)
    assert between.sum() > SIZE / 2
    near = np.abs(y - slope * x) / np.hypot(1.0, slope) < 2.5
    assert near[between].all()
    assert abs(made.mean() - edge[..., 0].mean()) < 2.0
