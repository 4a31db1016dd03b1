"""The head file and its loader."""

import numpy as np
import pytest

from stream_engine.errors import AssetError
from stream_engine.mesh.head_asset import DEFAULT_HEAD, load_head_asset
from stream_engine.mesh.materials import Material


@pytest.fixture(scope="module")
def head():
    """The head that ships with Elocute."""
    return load_head_asset()


def test_the_file_is_small():
    """A page can load the head quickly."""
    assert DEFAULT_HEAD.stat().st_size <= 1_200_000


def test_shapes_and_types(head):
    """Tensors have the documented shapes and types."""
    count = head.vertices
    assert head.positions.dtype == np.float32
    assert head.deltas.shape == (52, count, 3)
    assert head.deltas.dtype == np.int16
    assert head.basis.shape == (52, count * 3)
    assert head.uv.shape == (count, 2)
    assert head.color.shape == (count, 4)
    for triangles in (head.triangles, head.draw_triangles):
        assert triangles.max() < count
        assert (np.sort(triangles, axis=1)[:, :-1] != np.sort(triangles, axis=1)[:, 1:]).all()


def test_the_head_faces_the_viewer(head):
    """Nose to +z, left eye at +x, crown up, about the size of a head."""
    eyes = head.positions[head.region("eyes")]
    assert head.positions[head.region("nose")][:, 2].max() > eyes[:, 2].max()
    assert head.positions[head.region("eyelid_left")][:, 0].mean() > 0.02
    assert head.positions[head.region("eyelid_right")][:, 0].mean() < -0.02
    assert 0.05 < np.ptp(eyes[:, 0]) < 0.1
    assert eyes[:, 1].mean() > head.positions[head.region("lips")][:, 1].mean() + 0.05


def test_groups_cover_every_drawn_triangle(head):
    """Draw groups follow one another without gap or overlap."""
    end = 0
    for group in head.groups:
        assert group.first_triangle == end
        end += group.triangles
    assert end == len(head.draw_triangles)


def test_head_weight_goes_from_shoulders_to_head(head):
    """The face turns fully, the shoulders not at all."""
    weight = head.head_weight
    assert weight.min() == 0.0
    assert weight.max() == 1.0
    face = head.region("upper_face") | head.region("lips") | head.region("eyes")
    assert (weight[face] == 1.0).all()
    assert (weight[head.positions[:, 1] < -0.19] == 0.0).all()


def test_regions_nest_as_named(head):
    """Upper and lower lip make up the lips, and left mirrors right."""
    lips = head.region("upper_lip") | head.region("lower_lip")
    np.testing.assert_array_equal(lips, head.region("lips"))
    assert not (head.region("upper_lip") & head.region("lower_lip")).any()
    assert not (head.region("upper_face") & head.region("lower_face")).any()
    assert head.region("eyelid_left").sum() == head.region("eyelid_right").sum()
    for name in head.region_names:
        assert head.region(name).any(), name


def test_lip_contours_start_left_and_run_over_the_upper_lip(head):
    """Contours are loops of lip vertices from the left corner upwards."""
    for loop in (head.inner_lip.astype(int), head.outer_lip.astype(int)):
        assert len(set(loop)) == len(loop)
        points = head.positions[loop]
        assert points[0, 0] > 0.015
        corner = points[:, 0].argmin()
        assert points[corner, 0] < -0.015
        assert head.region("upper_lip")[loop[3 : corner - 3]].all()
        assert head.region("lower_lip")[loop[corner + 4 : -3]].all()


def test_an_unknown_region_is_refused(head):
    """The message lists the names there are."""
    with pytest.raises(AssetError, match="forehead"):
        head.region("beard")


def test_a_missing_file_says_how_to_build_it(tmp_path):
    """The error names the file and the command."""
    with pytest.raises(AssetError, match=r"training\.head\.build"):
        load_head_asset(tmp_path / "none.safetensors")


@pytest.mark.parametrize("size", [0, 7, 5000])
def test_a_cut_file_is_refused(tmp_path, size):
    """A file cut short raises AssetError, whatever is left of it."""
    file = tmp_path / "head.safetensors"
    file.write_bytes(DEFAULT_HEAD.read_bytes()[:size])
    with pytest.raises(AssetError):
        load_head_asset(file)


def test_the_eyes_show_material_and_region_alike(head):
    """Region and material agree on what is an eye."""
    np.testing.assert_array_equal(head.region("eyes"), head.material == Material.EYE)
