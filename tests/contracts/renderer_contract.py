"""What every renderer must do, real or fake."""

from collections.abc import Callable

import numpy as np
import pytest

from stream_engine.errors import RenderError, ShapeError
from stream_engine.protocols import Renderer
from stream_engine.types import MeshFrame

MakeRenderer = Callable[[int, int], Renderer]


def check_renderer(make: MakeRenderer, frame: MeshFrame) -> None:
    """Draw a frame in two sizes, alone and in a row, refuse a foreign mesh, close twice."""
    for width, height in ((96, 64), (64, 64)):
        renderer = make(width, height)
        picture = renderer.render(frame)
        assert picture.rgb.shape == (height, width, 3)
        assert picture.rgb.dtype == np.uint8
        assert picture.pts == frame.pts
        kept = picture.rgb.copy()
        again = renderer.render(MeshFrame(frame.pts + 1, frame.positions, frame.normals))
        assert again.pts == frame.pts + 1
        np.testing.assert_array_equal(again.rgb, kept)
        np.testing.assert_array_equal(picture.rgb, kept)
        three = [MeshFrame(pts, frame.positions, frame.normals) for pts in (5, 9, 7)]
        drawn = list(renderer.render_all(iter(three)))
        assert [one.pts for one in drawn] == [5, 9, 7]
        for one in drawn:
            np.testing.assert_array_equal(one.rgb, kept)
        few = MeshFrame(0, frame.positions[:-1], frame.normals[:-1])
        with pytest.raises(ShapeError):
            renderer.render(few)
        renderer.close()
        renderer.close()
        with pytest.raises(RenderError):
            renderer.render(frame)
