"""Materials and pictures."""

import base64
import json

import pytest

from stream_engine.avatar.gltf_surfaces import surfaces_of
from stream_engine.errors import AssetError
from stream_engine.formats.gltf_document import GltfDocument


def document(**parts):
    data = {"asset": {"version": "2.0"}, **parts}
    return GltfDocument(json.dumps(data).encode(), lambda name: b"")


def pictured(uri):
    coat = {"baseColorTexture": {"index": 0}}
    return document(
        materials=[{"name": "a", "alphaMode": "MASK", "pbrMetallicRoughness": coat}],
        textures=[{"source": 0}],
        images=[{"uri": uri}],
    )


def test_a_material_is_a_surface(tmp_path):
    """Colour, opacity, sides and picture; beside the file or inside it."""
    (tmp_path / "a b.png").write_bytes(b"picture")
    surface, plain = surfaces_of(pictured("a%20b.png"), tmp_path)
    assert (surface.picture, surface.see_through, surface.two_sided) == (b"picture", True, False)
    assert plain.picture is None
    inside = "data:image/png;base64," + base64.b64encode(b"in").decode()
    assert surfaces_of(pictured(inside), tmp_path)[0].picture == b"in"


def test_what_is_not_there_is_said(tmp_path):
    """A picture that lies nowhere, and a colour that is none."""
    with pytest.raises(AssetError, match=r"none.png.*put it there"):
        surfaces_of(pictured("none.png"), tmp_path)
    bad = document(materials=[{"name": "m", "pbrMetallicRoughness": {"baseColorFactor": [1]}}])
    with pytest.raises(AssetError, match="'m'"):
        surfaces_of(bad, tmp_path)
