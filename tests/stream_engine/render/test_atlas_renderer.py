"""Many heads at once."""

import numpy as np
import pytest

from stream_engine.errors import RenderError, ShapeError
from stream_engine.motion.arkit import COEFFICIENT_COUNT, INDEX
from stream_engine.render.atlas_renderer import AtlasRenderer
from stream_engine.render.mesh_renderer import MeshRenderer
from stream_engine.types import MeshFrame
from tests.contracts.renderer_contract import check_renderer

SIZE = 96
pytestmark = pytest.mark.gl


@pytest.fixture(scope="module")
def atlas(opengl, head):
    """A renderer of up to five heads."""
    made = AtlasRenderer(head, (SIZE, SIZE), 5)
    yield made
    made.close()


def poses(mesh, count, first=0):
    """Heads that open their jaws wider and wider and turn."""
    rows = np.zeros((count, COEFFICIENT_COUNT), np.float32)
    rows[:, INDEX["jawOpen"]] = np.linspace(0.1, 0.9, count)
    rows[:, INDEX["headYaw"]] = np.linspace(-0.3, 0.3, count)
    return [mesh.pose(first + k, row) for k, row in enumerate(rows)]


def test_a_batch_is_what_one_by_one_gives(atlas, head, mesh):
    """The same pixels but for roundings here and there, in order, with their stamps."""
    single = MeshRenderer(head, SIZE, SIZE)
    frames = poses(mesh, 5)
    wanted = [single.render(frame) for frame in frames]
    single.close()
    atlas.submit(frames)
    made = atlas.collect()
    assert [picture.pts for picture in made] == [0, 1, 2, 3, 4]
    for one, other in zip(made, wanted, strict=True):
        apart = np.abs(one.rgb.astype(int) - other.rgb)
        assert apart.max() <= 6  # a place further right rounds differently
        assert (apart > 0).mean() < 0.003


def test_a_batch_is_drawn_while_the_last_is_read(atlas, mesh):
    """Two may be under way; they come back in order, and a smaller one has no leftovers."""
    atlas.submit(poses(mesh, 5, first=10))
    atlas.submit(poses(mesh, 2, first=20))
    with pytest.raises(RenderError, match="batch"):
        atlas.submit(poses(mesh, 1))
    assert [picture.pts for picture in atlas.collect()] == [10, 11, 12, 13, 14]
    assert [picture.pts for picture in atlas.collect()] == [20, 21]
    assert atlas.collect() == []


def test_it_is_a_renderer(opengl, head, mesh):
    """Alone and in a row, as any."""
    (frame,) = poses(mesh, 1)
    check_renderer(lambda width, height: AtlasRenderer(head, (width, height), 1), frame)


def test_any_number_of_heads_is_drawn_in_batches(atlas, mesh):
    """Eleven in batches of five: asked for five at a time, in order; one alone is as it was."""
    frames, asked = poses(mesh, 11), []

    def ask():
        for frame in frames:
            asked.append(frame.pts)
            yield frame

    pictures = atlas.render_all(ask())
    first = next(pictures)
    assert asked == list(range(10))  # a batch is drawn while the one before is read
    assert [first.pts, *(picture.pts for picture in pictures)] == list(range(11))
    atlas.submit(frames[6:7])
    (wanted,) = atlas.collect()
    assert np.array_equal(atlas.render(frames[6]).rgb, wanted.rgb)


def test_a_batch_that_fails_leaves_nothing_behind(atlas, mesh):
    """What waited is forgotten."""
    wrong = np.zeros((3, 3), np.float32)
    with pytest.raises(ShapeError):
        list(atlas.render_all([*poses(mesh, 5), MeshFrame(9, wrong, wrong)]))
    assert atlas.collect() == []
    assert [picture.pts for picture in atlas.render_all(poses(mesh, 2, first=3))] == [3, 4]


def test_too_many_heads_and_strange_ones_are_refused(atlas, mesh):
    """Nothing is drawn then, and the next batch is as ever."""
    with pytest.raises(RenderError, match="6 heads"):
        atlas.submit(poses(mesh, 6))
    wrong = np.zeros((3, 3), np.float32)
    with pytest.raises(ShapeError):
        atlas.submit([MeshFrame(0, wrong, wrong)])
    atlas.submit(poses(mesh, 1, first=7))
    assert [picture.pts for picture in atlas.collect()] == [7]
