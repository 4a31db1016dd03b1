"""One picture for all."""

from dataclasses import replace

import numpy as np

from stream_engine.avatar.atlas import bake, gloss_of, read_pictures, surface_color, uncolored
from stream_engine.avatar.found_head import FoundSurface
from stream_engine.avatar.pictures import look_up
from stream_engine.mesh.materials import Material
from stream_engine.mesh.srgb import to_linear


def test_vertices_keep_their_colour(imported):
    """What the file's picture has at a vertex, the atlas has at its new place."""
    whole = imported.whole
    pictures = read_pictures(whole)
    (number,) = pictures
    drawn = whole.surface == number
    atlas = bake(whole, drawn, pictures, np.zeros((len(whole.positions), 2)))
    corners = np.unique(whole.triangles[drawn])
    wanted = to_linear(look_up(pictures[number], whole.uv[corners])[:, :3])
    got = (look_up(atlas.pixels / 255.0, atlas.uv[corners])[:, :3]) ** 2
    assert np.median(np.abs(got - wanted)) < 0.01
    assert (atlas.uv[corners] > 0).all()
    assert (atlas.uv[corners] < 1).all()


def test_plain_surfaces_run_from_skin_to_lip(imported):
    """Without pictures the atlas is small, and a lip is redder than skin."""
    surfaces = tuple(replace(one, picture=None) for one in imported.whole.surfaces)
    whole = replace(imported.whole, surfaces=surfaces)
    tints = np.zeros((len(whole.positions), 2))
    tints[::2, 0] = 1.0
    drawn = whole.surface == whole.surface[0]
    atlas = bake(whole, drawn, {}, tints)
    assert atlas.pixels.shape[0] == 256
    corners = np.unique(whole.triangles[drawn])
    seen = look_up(atlas.pixels / 255.0, atlas.uv[corners])
    lip, skin = seen[corners % 2 == 0].mean(axis=0), seen[corners % 2 == 1].mean(axis=0)
    assert lip[0] - lip[1] > skin[0] - skin[1] + 0.05


def test_a_surface_multiplies_picture_factor_and_vertices():
    """As glTF says."""
    surface = FoundSurface("s", (0.5, 1.0, 1.0, 0.5))
    color = surface_color(surface, None, np.zeros((1, 2)), np.array([[1.0, 0.5, 1.0, 0.5]]))
    assert np.allclose(color, [[0.5, 0.5, 1.0, 0.25]])
    assert gloss_of(FoundSurface("chalk", roughness=1.0)) < gloss_of(surface)


def test_what_a_file_left_white_gets_its_usual_colour():
    """A mouth and lashes do; teeth, and a mouth that has a colour, are left."""
    white, rose = np.ones((3, 3)), np.full((3, 3), 0.4)
    assert uncolored(white, Material.MOUTH).max() < 0.2
    assert uncolored(white, Material.LASH).max() < 0.02
    assert uncolored(white, Material.TEETH) is white
    assert uncolored(rose, Material.MOUTH) is rose
