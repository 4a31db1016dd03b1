"""From a file to an avatar."""

from pathlib import Path

import numpy as np
import pytest

from stream_engine.avatar.importing import import_head, reader_for
from stream_engine.avatar.nearest import nearest
from stream_engine.avatar.read_gltf import read_gltf
from stream_engine.errors import AssetError
from stream_engine.mesh.materials import Material
from stream_engine.transport.gltf_file import animated_head


def test_an_import_keeps_the_shapes(imported, reference):
    """Turned, moved and in centimetres: the avatar has the shapes of the head it is made of."""
    ours, theirs = imported.whole.positions, reference.positions
    at = nearest(theirs.astype(np.float64), ours[::50], 0.002)
    shift = np.median(ours[::50] - theirs[at], axis=0)
    assert np.abs(shift).max() < 1e-3
    at = nearest(theirs.astype(np.float64), ours[::50] - shift, 0.002)
    basis = reference.basis.reshape(52, -1, 3)[:, at]
    apart = np.abs(imported.made.offsets[:, ::50] - basis).max(axis=(1, 2))
    assert apart.max() < 3e-4


def test_an_export_comes_back(light, tmp_path: Path):
    """Out as a GLB and in again: vertices to a tenth of a millimetre, shapes to a hundredth."""
    (tmp_path / "out.glb").write_bytes(animated_head(light, []))
    imported = import_head(read_gltf(tmp_path / "out.glb"), light)
    ours = imported.whole.positions
    still = light.positions.astype(np.float64)
    at = nearest(still, ours, 0.002)
    shift = np.median(ours - still[at], axis=0)
    at = nearest(still, ours - shift, 0.002)
    assert np.abs(still[at] + shift - ours).max() < 1e-4
    skin = imported.whole.is_kind(Material.SKIN)
    apart = np.abs(imported.made.offsets[:, skin] - light.basis.reshape(52, -1, 3)[:, at[skin]])
    assert np.quantile(apart.max(axis=(0, 2)), 0.99) < 1e-5  # the rest: lips that touch
    assert set(imported.made.how.values()) == {"in the file"}


@pytest.mark.parametrize("name", ["none.glb", "head.fbx"])
def test_what_cannot_be_read_is_said(name, tmp_path: Path):
    """A file that is not there, and one of another program's own kind."""
    if name == "head.fbx":
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(AssetError, match="there is no such|no known kind"):
        reader_for(tmp_path / name)
