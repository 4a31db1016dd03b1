"""Nodes and bones."""

import json

import numpy as np
import pytest

from stream_engine.avatar.gltf_scene import Scene
from stream_engine.avatar.read_gltf import read_gltf
from stream_engine.errors import AssetError
from stream_engine.formats.gltf_document import GltfDocument
from stream_engine.transport.gltf_file import animated_head


def scene_of(nodes, roots=(0,)):
    document = {"asset": {"version": "2.0"}, "nodes": nodes, "scenes": [{"nodes": list(roots)}]}
    return Scene(GltfDocument(json.dumps(document).encode(), lambda name: b""))


def test_nodes_stand_where_their_parents_put_them():
    """A turn, a scale and a shift, one within the other."""
    half = float(np.sqrt(0.5))
    scene = scene_of(
        [
            {"rotation": [0, 0, half, half], "children": [1]},
            {"translation": [1, 0, 0], "scale": [2, 2, 2], "mesh": 0},
        ]
    )
    spread = scene.spread(1, {}, 1)
    assert np.allclose(spread.points(np.array([[1.0, 0, 0]])), [[0, 3, 0]])
    assert scene.jaw_place is None


def test_a_jaw_bone_is_found_by_name():
    """What hangs on it has it whole, what stands above it has none."""
    jaw = {"name": "Jaw", "translation": [0, 1, 0]}
    scene = scene_of([{"name": "Head", "children": [1, 2]}, jaw, {"name": "Cap", "mesh": 0}])
    assert np.allclose(scene.jaw_place, [0, 1, 0])
    spread = scene.spread(2, {}, 2)
    assert spread.head_share.tolist() == [1, 1]
    assert spread.jaw_share.tolist() == [0, 0]


def test_a_skin_gives_the_share_of_the_head(reference, light, tmp_path):
    """Our own export: vertices stand where they stood, and the neck's shares are the avatar's."""
    file = tmp_path / "own.glb"
    file.write_bytes(animated_head(light, []))
    face = read_gltf(file).meshes[0]
    at = np.array([np.linalg.norm(reference.positions - p, axis=1).argmin()
                   for p in face.positions[::40]])  # fmt: skip
    assert np.abs(reference.positions[at] - face.positions[::40]).max() < 1e-6
    assert np.abs(reference.head_weight[at] - face.head_share[::40]).max() < 0.003


def test_numbers_that_are_none_are_said():
    """A node whose place is a word."""
    with pytest.raises(AssetError, match="translation"):
        scene_of([{"translation": ["a", 0, 0]}])
