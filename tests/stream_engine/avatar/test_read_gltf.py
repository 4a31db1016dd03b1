"""Heads out of glTF."""

import base64
import json
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.avatar.read_gltf import read_gltf
from stream_engine.errors import AssetError
from stream_engine.formats.glb import GlbBuilder
from stream_engine.mesh.skin_texture import read_png, read_skin_texture
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
    rows, columns, _ = read_skin_texture(reference)[4::8, 4::8].shape
    assert read_png(found.surfaces[face.surface].picture).shape == (rows, columns, 4)


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


def small_document():
    """A triangle with a shape, a bone and an expression, as text."""
    builder = GlbBuilder()
    corner = np.eye(3, dtype=np.float32)
    position, target = builder.vertices(corner, bounds=True), builder.sparse(corner)
    joints, shares = np.zeros((3, 4), np.uint8), np.full((3, 4), 0.25, np.float32)
    attributes = {"POSITION": position, "JOINTS_0": builder.vertices(joints),
                  "WEIGHTS_0": builder.vertices(shares)}  # fmt: skip
    primitive = {"attributes": attributes, "targets": [{"POSITION": target}], "material": 0,
                 "indices": builder.indices(np.arange(3, dtype=np.uint16))}  # fmt: skip
    binds = [{"node": 0, "index": 0, "weight": 1.0}]
    vrm = {"expressions": {"preset": {"aa": {"morphTargetBinds": binds}}}}
    return builder.pack(
        {
            "scene": 0,
            "scenes": [{"nodes": [0, 1]}],
            "nodes": [{"name": "a", "mesh": 0, "skin": 0}, {"name": "Jaw", "scale": [1, 1, 1]}],
            "meshes": [{"primitives": [primitive], "extras": {"targetNames": ["jawOpen"]}}],
            "skins": [{"joints": [1]}],
            "materials": [{"pbrMetallicRoughness": {"baseColorFactor": [1, 1, 1, 1]}}],
            "extensions": {"VRMC_vrm": vrm},
        }
    )


def places(value, path=()):
    """Every place in a document, deep first."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in inside:
        if isinstance(part, dict | list):
            yield from places(part, (*path, key))
        yield (*path, key)


SMALL = small_document()
PLACES = sorted(places(document_of(SMALL)), key=str)
ODD = [None, -1, 0, 1e9, "x", [], {}, True, 3.5, [1], [None], {"a": 1}, 99, "DELETE"]


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(ODD)), min_size=1, max_size=3))
def test_whatever_stands_in_a_file_it_is_read_or_refused(tmp_path_factory, changes):
    """Any value in any place: a head or an `AssetError`, nothing else."""
    document = document_of(SMALL)
    for path, value in changes:
        holder = document
        with suppress(KeyError, IndexError, TypeError):
            for key in path[:-1]:
                holder = holder[key]
            if value == "DELETE":
                del holder[path[-1]]
            else:
                holder[path[-1]] = value
    file = tmp_path_factory.getbasetemp() / "odd.glb"
    file.write_bytes(with_document(SMALL, document) if "asset" in document else SMALL[:30])
    with suppress(AssetError):
        read_gltf(file)
