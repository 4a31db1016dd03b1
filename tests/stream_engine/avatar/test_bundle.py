"""The file that both renderers take."""

import json
from dataclasses import replace

import numpy as np
import pytest

from stream_engine.avatar.bundle import across_seams, draw_order, groups_of
from stream_engine.errors import AssetError
from stream_engine.mesh.normals import NormalField
from stream_engine.mesh.skin_texture import read_skin_texture


def test_an_avatar_is_read_as_a_shipped_head_is(avatar, imported):
    """Groups, shapes, shares and a skin are there, within the bounds of their kinds."""
    assert [group.name for group in avatar.groups] == ["skin", "mouth", "eye", "lash"]
    assert avatar.vertices == len(imported.whole.positions)
    assert read_skin_texture(avatar).shape[2] == 4
    assert np.abs(avatar.basis.reshape(52, -1, 3) - imported.made.offsets).max() < 1e-5
    chin = avatar.positions[:, 1].argmin()
    assert avatar.head_weight[chin] == 0.0
    assert avatar.head_weight[avatar.inner_lip].min() > 0.99
    assert avatar.region("upper_lip").sum() > 5


def test_how_shapes_were_had_is_remembered(imported):
    """In the metadata, by name."""
    said = json.loads(imported.bundle.metadata["shape_sources"])
    assert said["jawOpen"] == "in the file"


def test_light_runs_on_across_seams():
    """A mesh cut along a line has the normals of the mesh that is whole."""
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(size=(4, 3)), np.zeros((2, 3))]).astype(np.float32)
    points[4:] = points[[1, 2]]  # the seam
    cut = np.array([[0, 1, 2], [4, 3, 5]])
    first = np.array([0, 1, 2, 3, 1, 2])
    whole = NormalField(np.array([[0, 1, 2], [1, 3, 2]], np.uint16), 4).of(points[:4])
    smooth = NormalField(across_seams(cut, first).astype(np.uint16), 6).of(points)
    assert np.allclose(smooth[:4], whole, atol=1e-6)
    assert np.allclose(smooth[4:], whole[[1, 2]], atol=1e-6)


def test_two_sided_is_drawn_twice_and_glass_not_at_all(imported):
    """Triangles of two-sided surfaces stand turned round, too; the clear ones are left out."""
    whole, group = imported.whole, groups_of(imported.whole)
    clear = np.ones(len(whole.positions))
    once, runs = draw_order(whole, group, clear)
    both = tuple(replace(one, two_sided=True) for one in whole.surfaces)
    twice, _ = draw_order(replace(whole, surfaces=both), group, clear)
    lashes = runs[-1][2]
    assert len(twice) - lashes == 2 * (len(once) - lashes)
    none, left = draw_order(whole, group, clear * 0.0)
    assert [name for name, _, _ in left] == ["mouth", "eye"]
    assert len(none) < len(once)


def test_a_place_that_cannot_be_written_is_said(imported, tmp_path):
    """A file where the folder should be."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(AssetError, match="cannot be written"):
        imported.bundle.write(tmp_path / "file" / "a.safetensors")
