"""What a renderer elsewhere is told."""

import json

import numpy as np
import pytest

from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.render.camera import Camera
from stream_engine.render.portrait import RenderStyle, haired, portrait_message, relief_pixels
from stream_engine.render.shader_source import Dialect, load_shader


def test_a_portrait_is_plain_json_with_the_servers_own_shaders():
    """A program for each draw group and the wall, in the dialect of browsers."""
    head = load_head_asset()
    style = RenderStyle(background=(255, 0, 51))
    portrait = json.loads(json.dumps(portrait_message(HeadMesh(head), style)))
    extra = {portrait[part]["program"] for part in ("hair", "shadow", "relief")}
    groups = {group.name for group in head.groups}
    assert set(portrait["shaders"]) == {"backdrop", *extra, *groups}
    assert portrait["shaders"]["skin"]["vertex"] == load_shader("skin.vert", Dialect.WEB)
    assert portrait["blended"] in portrait["shaders"]
    assert portrait["backdrop"] in portrait["shaders"]
    assert portrait["background"] == [1.0, 0.0, 0.2]


def test_the_matrix_is_the_cameras_in_column_order():
    """A point before the camera lands where the camera puts it."""
    camera = Camera()
    portrait = portrait_message(HeadMesh(load_head_asset()), RenderStyle(camera=camera))
    matrix = np.array(portrait["view_projection"]).reshape(4, 4).T
    point = np.array([0.03, -0.02, 0.1, 1.0])
    assert matrix @ point == pytest.approx(camera.matrix(512, 512) @ point)
    assert portrait["eye"] == pytest.approx(camera.eye.tolist())


def test_hair_grows_on_part_of_the_skin():
    """Where a corner bears some; nowhere where none does."""
    head = load_head_asset()
    skin, hair = head.draw_triangles[: head.groups[0].triangles], head.extras["hair"]
    assert 100 < len(haired(skin, hair)) < len(skin)
    assert not len(haired(skin, np.zeros_like(hair)))


def test_the_relief_is_as_fine_as_the_picture():
    """Twice as fine in a picture twice as high, up to a bound; a closer camera needs more."""
    small, middle, large, huge = (
        relief_pixels(RenderStyle(), height) for height in (256, 512, 1024, 2048)
    )
    assert 4 * small == 2 * middle == large == huge
    assert relief_pixels(RenderStyle(camera=Camera(half_height_m=0.08)), 512) == large
    told = portrait_message(HeadMesh(load_head_asset()), RenderStyle())["relief"]["pixels"]
    assert told["512"] == middle
