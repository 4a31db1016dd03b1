"""ICT-FaceKit's folder."""

import os
from pathlib import Path

import pytest

from stream_engine.avatar.closure import lip_closure
from stream_engine.avatar.importing import import_head, reader_for
from stream_engine.avatar.read_ict import ict_folder, read_ict
from stream_engine.errors import AssetError
from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.mesh.materials import Material
from tests.stream_engine.avatar.test_read_obj import written

ICT_VARIABLE = "ELOCUTE_ICT_FACEKIT"
"""Says where ICT-FaceKit is; without it the test on the real one is skipped."""


def test_a_folder_of_its_layout_is_told_apart(reference, tmp_path):
    """Identities are no shapes, and the folder above will do as well."""
    place = tmp_path / "FaceXModel"
    place.mkdir()
    written(reference, place, {"17": "jawOpen", "0": "eyeBlink_L", "5": "identity000"})
    (place / "neutral.obj").rename(place / "generic_neutral_mesh.obj")
    assert ict_folder(tmp_path) == ict_folder(place) == place
    assert reader_for(tmp_path) is read_ict
    head = read_ict(tmp_path)
    assert set(head.shape_names) == {"jawOpen", "eyeBlink_L"}
    assert "1 identities" in head.notes[0]
    with pytest.raises(AssetError, match="no ICT-FaceKit"):
        read_ict(tmp_path.parent)


@pytest.mark.slow
def test_the_real_one_becomes_an_avatar_whose_lips_meet(reference, tmp_path):
    """28,000 vertices, eyes for the eye's shader, and p, b, m closed."""
    if ICT_VARIABLE not in os.environ:
        pytest.skip(f"needs ICT-FaceKit, and {ICT_VARIABLE} to say where")
    imported = import_head(read_ict(Path(os.environ[ICT_VARIABLE])), reference)
    assert imported.placement.unit == "centimetres"
    assert imported.whole.is_kind(Material.EYE).sum() > 1000
    imported.bundle.write(tmp_path / "ict.safetensors")
    avatar = load_head_asset(tmp_path / "ict.safetensors")
    assert [group.name for group in avatar.groups] == ["skin", "mouth", "eye", "lash"]
    *closed, opened = lip_closure(avatar)
    assert all(gap.closed for gap in closed)
    assert not opened.closed
