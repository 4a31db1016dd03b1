"""The relief and the key light's shadow."""

import numpy as np
import pytest

from stream_engine.motion.arkit import COEFFICIENT_COUNT
from stream_engine.render.gl_context import GlContext
from stream_engine.render.mesh_renderer import MeshRenderer
from stream_engine.render.portrait import RELIEF_PIXELS
from stream_engine.render.studio_maps import relief_texture


@pytest.mark.gl
def test_the_relief_is_even_on_the_whole_and_joins_itself(opengl):
    """Slopes cancel out, all four channels vary, and the last column meets the first."""
    context = GlContext()
    texture = relief_texture(context, RELIEF_PIXELS)
    tile = np.frombuffer(texture.read(), np.uint8).reshape(RELIEF_PIXELS, RELIEF_PIXELS, 4) / 255
    context.close()
    assert abs(tile[..., :2].mean() - 0.5) < 0.02
    assert (tile.std(axis=(0, 1)) > 0.03).all()
    inside = np.abs(np.diff(tile[..., 3], axis=1)).mean()
    assert np.abs(tile[:, 0, 3] - tile[:, -1, 3]).mean() < 2 * inside


@pytest.mark.gl
def test_a_chin_throws_its_shadow_on_the_neck(opengl, head, mesh):
    """The neck away from the key is darker than its lit side, by more than the light's angle."""
    renderer = MeshRenderer(head, 128, 128)
    rest = mesh.pose(0, np.zeros(COEFFICIENT_COUNT, np.float32))
    rgb = renderer.render(rest).rgb.astype(int)
    renderer.close()
    row = rgb[100:106].mean(axis=(0, 2))
    assert row[46:54].mean() > 1.25 * row[72:80].mean()
