"""Axes, units and place."""

import numpy as np
import pytest

from stream_engine.avatar.importing import import_head
from stream_engine.avatar.naming import name_shapes
from stream_engine.avatar.normalise import move_head, place_head, swap_sides
from stream_engine.avatar.read_gltf import read_gltf
from stream_engine.errors import AssetError
from stream_engine.motion.arkit import ARKIT_NAMES
from tests.fakes.made_head import MadeFile, made_glb


def test_axes_and_units_are_found(found, reference):
    """Centimetres, z up: the head comes to stand where the shipped one does."""
    placed = place_head(found, name_shapes(found.shape_names).targets, reference)
    assert placed.unit == "centimetres"
    assert not placed.swapped
    assert np.allclose(placed.offsets(np.array([[0, 0, -100.0]])), [[0, 1, 0]])
    moved = move_head(found, placed)
    low = np.min([mesh.positions.min(axis=0) for mesh in moved.meshes], axis=0)
    assert np.allclose(low, reference.positions.min(axis=0), atol=2e-3)


def test_exchanged_sides_are_put_right(reference, tmp_path):
    """Names by the viewer's left and right: the face is mirrored back, and it is said."""
    names = dict(zip(ARKIT_NAMES, swap_sides({n: n for n in ARKIT_NAMES}).values(), strict=True))
    file = tmp_path / "swapped.glb"
    file.write_bytes(made_glb(reference, MadeFile(names=names)))
    imported = import_head(read_gltf(file), reference)
    assert imported.placement.swapped
    assert any("exchanged" in note for note in imported.notes)
    left = imported.made.offsets[ARKIT_NAMES.index("eyeBlinkLeft")]
    assert imported.whole.positions[np.abs(left).max(axis=1) > 0.001, 0].min() > -1e-3


def test_too_little_movement_is_said(found, reference):
    """One shape of the mouth cannot say which way up a head is."""
    with pytest.raises(AssetError, match=r"how it lies.*--map"):
        place_head(found, {"jawOpen": "jawOpen"}, reference)
