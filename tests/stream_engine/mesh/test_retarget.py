"""An avatar's own range."""

from dataclasses import replace

import numpy as np
import pytest

from stream_engine.errors import AssetError
from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import DEFAULT_HEAD, load_head_asset
from stream_engine.mesh.retarget import load_retarget, read_retarget
from stream_engine.motion.arkit import COEFFICIENT_COUNT, INDEX

FILE = """
[balance]
mouthSmile = 0.2

[jawOpen]
gain = 0.5
offset = 0.1
most = 0.4
"""


def row(**weights):
    coefficients = np.zeros(COEFFICIENT_COUNT, np.float32)
    for name, weight in weights.items():
        coefficients[INDEX[name]] = weight
    return coefficients


def test_gain_offset_bounds_and_balance(tmp_path):
    """Each as the file says; what it does not name stays."""
    (tmp_path / "a.toml").write_text(FILE)
    retarget = load_retarget(tmp_path / "a.toml")
    assert retarget is not None
    got = retarget.apply(row(jawOpen=0.4, mouthSmileLeft=0.5, mouthSmileRight=0.5, headYaw=-0.3))
    assert got[INDEX["jawOpen"]] == pytest.approx(0.3)
    assert retarget.apply(row(jawOpen=1.0))[INDEX["jawOpen"]] == pytest.approx(0.4)
    assert got[INDEX["mouthSmileLeft"]] == pytest.approx(0.6)
    assert got[INDEX["mouthSmileRight"]] == pytest.approx(0.4)
    assert got[INDEX["headYaw"]] == pytest.approx(-0.3)
    assert retarget.message()["gain"][INDEX["jawOpen"]] == 0.5


def test_it_stands_beside_the_avatar_and_is_met_by_its_motion(tmp_path):
    """A file beside the head is read with it, and poses go through it."""
    (tmp_path / "a.safetensors").write_bytes(DEFAULT_HEAD.read_bytes())
    (tmp_path / "a.toml").write_text(FILE)
    head = load_head_asset(tmp_path / "a.safetensors")
    plain = HeadMesh(replace(head, retarget=None))
    got = HeadMesh(head).pose(0, row(jawOpen=0.2)).positions
    assert np.allclose(got, plain.pose(0, row(jawOpen=0.2)).positions)
    assert not np.allclose(got, HeadMesh(head).pose(0, row()).positions)
    assert load_retarget(tmp_path / "none.toml") is None
    assert load_head_asset().retarget is None


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"jawOpn": {"gain": 1}}, "jawOpen"),
        ({"jawOpen": {"gian": 1}}, "gain"),
        ({"jawOpen": {"gain": 9}}, r"-4\.\.4"),
        ({"jawOpen": {"gain": True}}, "number"),
        ({"jawOpen": {"least": 1.0, "most": 0.0}}, "least above most"),
        ({"balance": {"jawOpen": 0.1}}, "mouthSmile"),
        ({"jawOpen": 1.0}, "tables"),
    ],
)
def test_what_cannot_be_is_said(tables, said):
    """A name, a key or a value that is none: with what would be right."""
    with pytest.raises(AssetError, match=said):
        read_retarget(tables, "a.toml")


def test_a_file_that_is_no_toml_is_said(tmp_path):
    """With its path."""
    (tmp_path / "a.toml").write_text("[")
    with pytest.raises(AssetError, match=r"a\.toml"):
        load_retarget(tmp_path / "a.toml")
