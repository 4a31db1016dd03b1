"""A FLAME model in ARKit's shapes."""

import numpy as np
import pytest

from stream_engine.avatar.importing import import_head
from stream_engine.avatar.read_flame import read_flame
from stream_engine.errors import AssetError
from stream_engine.motion.arkit import INDEX
from tests.fakes.made_flame import made_flame


def test_shapes_are_regressed_onto_what_the_face_can_do(reference, tmp_path):
    """A made-up model whose expressions can make the shapes: they come out, and eyes turn."""
    np.savez(tmp_path / "flame.npz", **made_flame(reference))
    head = read_flame(tmp_path / "flame.npz")
    assert [mesh.name for mesh in head.meshes] == ["face", "eyeballs"]
    assert "FLAME" in head.licence
    assert int(head.notes[0].split("%")[0].split()[-1]) > 90
    imported = import_head(head, reference)
    how = imported.made.how
    assert (how["mouthPucker"], how["eyeLookUpLeft"]) == ("in the file", "turning eyeballs")
    smile = imported.made.offsets[INDEX["mouthSmileLeft"]]
    side = imported.whole.positions[np.linalg.norm(smile, axis=1).argmax(), 0]
    assert side > 0.01
    wanted = np.abs(reference.basis[INDEX["mouthSmileLeft"]]).max()
    assert np.abs(smile).max() == pytest.approx(wanted, rel=0.35)


def test_a_model_without_expressions_is_told(reference, tmp_path):
    """Identities alone move no mouth."""
    arrays = made_flame(reference, 1)
    arrays["shapedirs"] = arrays["shapedirs"][:, :, :300]
    np.savez(tmp_path / "flame.npz", **arrays)
    with pytest.raises(AssetError, match="no expressions"):
        read_flame(tmp_path / "flame.npz")
