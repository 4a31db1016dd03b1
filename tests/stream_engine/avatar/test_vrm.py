"""VRM's own parts."""

import json

import numpy as np

from stream_engine.avatar.importing import import_head
from stream_engine.avatar.read_gltf import read_gltf
from stream_engine.avatar.vrm import bones_of, expressions_of, licence_of
from stream_engine.formats.gltf_document import GltfDocument
from tests.fakes.made_head import MadeFile, made_glb

OLD = {
    "blendShapeMaster": {
        "blendShapeGroups": [
            {"presetName": "a", "binds": [{"mesh": 0, "index": 2, "weight": 50}]},
            {"presetName": "unknown", "name": "Grin", "binds": [{"mesh": 0, "index": 1}]},
        ]
    },
    "humanoid": {"humanBones": [{"bone": "head", "node": 0}]},
    "meta": {"author": "someone", "licenseName": "CC0"},
}
NEW = {
    "expressions": {
        "preset": {"aa": {"morphTargetBinds": [{"node": 0, "index": 1, "weight": 1.0}]}},
        "custom": {"odd": 5},
    },
    "humanoid": {"humanBones": {"jaw": {"node": 0}}},
    "meta": {"authors": ["other"], "licenseUrl": "https://example.org"},
}


def document(name, extension):
    data = {"asset": {"version": "2.0"}, "nodes": [{"mesh": 0}], "extensions": {name: extension}}
    return GltfDocument(json.dumps(data).encode(), lambda name: b"")


def test_expressions_of_both_versions():
    """By name, with the weights of the shapes they are mixed of; percent in the old one."""
    assert expressions_of(document("VRM", OLD)) == {0: {"vrm0_a": {2: 0.5}}}
    assert expressions_of(document("VRMC_vrm", NEW)) == {0: {"vrm1_aa": {1: 1.0}}}


def test_bones_and_licence():
    """Which node is the head or the jaw, and who made it."""
    assert bones_of(document("VRM", OLD)) == {"head": 0}
    assert bones_of(document("VRMC_vrm", NEW)) == {"jaw": 0}
    assert licence_of(document("VRM", OLD)) == "someone; CC0"
    assert licence_of(document("VRMC_vrm", NEW)) == "other; https://example.org"


def test_a_vrm_with_vowels_alone_becomes_an_avatar(reference, tmp_path):
    """Five vowels, blinks and no other shape: jaw and lips are solved for, and it is said."""
    mixed = {
        "a": {"jawOpen": 0.55, "mouthLowerDownLeft": 0.2, "mouthLowerDownRight": 0.2},
        "i": {"jawOpen": 0.15, "mouthSmileLeft": 0.35, "mouthSmileRight": 0.35},
        "u": {"jawOpen": 0.12, "mouthPucker": 0.7, "mouthFunnel": 0.3},
        "e": {"jawOpen": 0.3, "mouthStretchLeft": 0.25, "mouthStretchRight": 0.25},
        "o": {"jawOpen": 0.35, "mouthFunnel": 0.6},
        "both eyes": {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0},
    }
    names = {"a": "aa", "i": "ih", "u": "ou", "e": "ee", "o": "oh", "both eyes": "blink"}
    presets = {
        names[name]: {
            "morphTargetBinds": [{"node": node, "index": k, "weight": 1.0} for node in range(4)]
        }
        for k, name in enumerate(mixed)
    }
    extra = {"extensions": {"VRMC_vrm": {"expressions": {"preset": presets}}}}
    file = tmp_path / "made.vrm"
    file.write_bytes(made_glb(reference, MadeFile(names={}, mixed=mixed, extra=extra)))
    imported = import_head(read_gltf(file), reference)
    how = imported.made.how
    assert (how["jawOpen"], how["mouthFunnel"]) == ("visemes", "visemes")
    assert how["eyeBlinkLeft"] == "split by side"
    assert how["mouthClose"] == "lips"
    assert how["cheekPuff"] == "lent by the shipped head"
    drop = imported.made.offsets[17][:, 1].min()
    assert drop < 0.6 * reference.basis[17].reshape(-1, 3)[:, 1].min()
    assert np.isfinite(imported.made.offsets).all()
