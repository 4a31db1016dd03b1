"""One head at a time where a processor draws, batches where a graphics card does."""

from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.protocols import Renderer
from stream_engine.render.atlas_renderer import AtlasRenderer
from stream_engine.render.gl_context import GlContext
from stream_engine.render.mesh_renderer import MeshRenderer
from stream_engine.render.portrait import RenderStyle

BATCH_PIXELS = 2048 * 2048
"""Of all pictures of a batch: 140 MB on the card with their samples and depths."""

MOST_HEADS = 32


def heads_at_once(size: tuple[int, int], software: bool) -> int:
    """How many heads are worth drawing at once.

    A processor has none to spare, and whoever waits for the rest of a batch waits long.

    Args:
        size: Width and height of a picture in pixels.
        software: Whether a processor draws.

    Returns:
        From 1 to `MOST_HEADS`.
    """
    return 1 if software else min(MOST_HEADS, max(1, BATCH_PIXELS // (size[0] * size[1])))


def choose_renderer(
    asset: HeadAsset, size: tuple[int, int], style: RenderStyle, batch: int = 0
) -> Renderer:
    """Open OpenGL and what draws best in it; it belongs to the calling thread.

    Args:
        asset: The head.
        size: Width and height of a picture in pixels.
        style: Background and camera.
        batch: Most heads drawn at once; 0 for what suits the device.

    Returns:
        The renderer.

    Raises:
        RenderError: If there is no OpenGL 3.3.
    """
    context = GlContext()
    batch = batch or heads_at_once(size, context.software)
    if batch == 1:
        return MeshRenderer(asset, *size, style, context)
    return AtlasRenderer(asset, size, batch, style, context)
