"""What draws best where."""

import pytest

from stream_engine.render.atlas_renderer import AtlasRenderer
from stream_engine.render.choose_renderer import MOST_HEADS, choose_renderer, heads_at_once
from stream_engine.render.mesh_renderer import MeshRenderer
from stream_engine.render.portrait import RenderStyle


def test_batches_are_as_large_as_their_pictures_allow():
    """Sixteen of 512 pixels, four of 1024, one of 2048; never hundreds; a processor draws one."""
    assert [heads_at_once((side, side), False) for side in (512, 1024, 2048)] == [16, 4, 1]
    assert heads_at_once((64, 64), False) == MOST_HEADS
    assert heads_at_once((64, 64), True) == 1


@pytest.mark.gl
def test_what_is_wanted_is_opened(opengl, head):
    """Batches where they are asked for; by itself what suits this device."""
    asked, chosen = (choose_renderer(head, (96, 64), RenderStyle(), batch) for batch in (6, 0))
    assert isinstance(asked, AtlasRenderer)
    suited = MeshRenderer if asked._context.software else AtlasRenderer
    assert isinstance(chosen, suited)
    for renderer in (asked, chosen):
        renderer.close()
