"""Heads out of glTF."""

import base64
import json

import numpy as np
import pytest

from stream_engine.avatar.read_gltf import read_gltf
from stream_engine.errors import AssetError
from stream_engine.mesh.skin_texture import read_png
from tests.fakes.made_head import document_of, with_document


def broken_mesh(glb: bytes, change) -> bytes:
    document = document_of(glb)
    change(document)
    return with_document(glb, document)


def test_meshes_shapes_and_pictures_are_read(found, reference):
    """Every mesh stands in the scene's space, with its shapes by name and its picture."""
    assert [mesh.name for mesh in found.meshes] == ["Face", "TeethAndTongue", "Eyes", "Eyelashes"]
    assert len(found.shape_names) == 52
    face = found.meshes[0]
    assert face.positions[:, 0].max() - face.positions[:, 0].min() == pytest.approx(
        100 * np.ptp(reference.positions[:, 0]), rel=1e-3
    )
    assert "tongueOut" not in found.meshes[2].morphs
    assert read_png(found.surfaces[face.surface].picture).shape == (96, 64, 4)


def test_text_with_a_buffer_inside_is_the_same(plain_glb, tmp_path):
    """A .gltf with a data URI gives what the .glb gives."""
    (tmp_path / "a.glb").write_bytes(plain_glb)
    document = document_of(plain_glb)
    binary = plain_glb[20 + int.from_bytes(plain_glb[12:16], "little") + 8 :]
    uri = "data:application/octet-stream;base64," + base64.b64encode(binary).decode()
    document["buffers"] = [{"byteLength": len(binary), "uri": uri}]
    (tmp_path / "a.gltf").write_text(json.dumps(document))
    one, other = read_gltf(tmp_path / "a.glb"), read_gltf(tmp_path / "a.gltf")
    assert np.array_equal(one.meshes[0].positions, other.meshes[0].positions)


def short_target(document):
    targets = document["meshes"][0]["primitives"][0]["targets"]
    targets[3] = {"POSITION": document["meshes"][1]["primitives"][0]["targets"][3]["POSITION"]}


def missing_positions(document):
    del document["meshes"][0]["primitives"][0]["attributes"]["POSITION"]


def no_material(document):
    document["meshes"][0]["primitives"][0]["material"] = 99


def ring(document):
    document["nodes"][0]["children"] = [0]


def packed(document):
    document["extensionsRequired"] = ["KHR_draco_mesh_compression"]


def nothing(document):
    document["nodes"], document["scenes"] = [{}], [{"nodes": [0]}]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (short_target, r"'Face' has a morph target 3.*repair mesh 'Face'"),
        (missing_positions, r"POSITION of node 'Face'"),
        (no_material, "materials"),
        (ring, "ring"),
        (packed, r"packed.*KHR_draco.*without compression"),
        (nothing, "no mesh"),
    ],
)
def test_broken_files_name_the_node_and_the_fix(plain_glb, tmp_path, change, said):
    """What is wrong, where, and what to do about it."""
    file = tmp_path / "broken.glb"
    file.write_bytes(broken_mesh(plain_glb, change))
    with pytest.raises(AssetError, match=said):
        read_gltf(file)


def test_a_file_cut_off_is_said(plain_glb, tmp_path):
    """Half a file is none."""
    (tmp_path / "half.glb").write_bytes(plain_glb[: len(plain_glb) // 2])
    with pytest.raises(AssetError, match="cut off"):
        read_gltf(tmp_path / "half.glb")
