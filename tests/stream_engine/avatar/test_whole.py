"""Pieces as one mesh."""

from dataclasses import replace

import numpy as np
import pytest

from stream_engine.avatar.found_head import FoundHead, FoundMesh, FoundSurface
from stream_engine.avatar.whole import crop, join, kind_of, weld
from stream_engine.errors import AssetError
from stream_engine.mesh.materials import Material

SQUARE = np.array([[0.0, 0, 0], [0.1, 0, 0], [0.1, 0.1, 0], [0, 0.1, 0]])


def piece(name, positions=SQUARE, surface=0):
    corners = np.array([[0, 1, 2], [0, 2, 3]])
    return FoundMesh(name, surface, positions, corners, positions[:, :2], {})


@pytest.mark.parametrize(
    ("mesh", "surface", "kind"),
    [
        ("Wolf3D_Head", "Wolf3D_Skin", Material.SKIN),
        ("Wolf3D_Teeth", "Teeth", Material.TEETH),
        ("EyeLeft", "Wolf3D_Eye", Material.EYE),
        ("head", "M_EyeLashes", Material.LASH),
        ("head", "M_EyeOcclusion", None),
        ("face", "Eyebrows", Material.SKIN),
        ("hair_back", "mat", Material.HAIR),
    ],
)
def test_names_say_what_a_mesh_is(mesh, surface, kind):
    """The surface's name first, then the mesh's."""
    head = FoundHead("f", (), (FoundSurface(surface),))
    assert kind_of(piece(mesh), head) == kind


def test_what_the_picture_does_not_show_is_left_out():
    """Triangles below the bust go, and vertices that no triangle has."""
    low = np.array([[0.0, 0, 0], [0.1, 0, 0], [0.1, -0.5, 0], [0, -0.5, 0]])
    assert len(crop(piece("a", SQUARE - (0, 1, 0))).triangles) == 0
    assert len(crop(piece("a", low)).triangles) == 2
    corners = np.array([[0, 1, 2], [1, 1, 2]])
    assert len(crop(replace(piece("a"), triangles=corners)).positions) == 3


def test_too_much_is_refused_and_the_mesh_is_named():
    """More vertices than 16 bits count."""
    many = np.random.default_rng(0).uniform(0, 0.1, (70_000, 3))
    corners = np.arange(69_999).reshape(-1, 3)
    mesh = replace(piece("Hair", many), triangles=corners)
    with pytest.raises(AssetError, match=r"'Hair' \(69,999\).*thin out"):
        join(FoundHead("f", (mesh,), (FoundSurface("s"),)), {})


def test_seams_are_welded_and_lips_are_not(imported):
    """Twins that move alike are one; those that part under a shape are two."""
    whole = join(FoundHead("f", (piece("a"),), (FoundSurface("s"),)), {})
    twice = replace(
        whole,
        positions=np.concatenate([whole.positions] * 2),
        piece=np.zeros(8, np.int64),
        shapes={},
    )
    assert weld(twice).tolist() == [0, 1, 2, 3] * 2
    parted = np.concatenate([np.zeros((4, 3)), np.full((4, 3), 0.01)])
    assert len(set(weld(replace(twice, shapes={"jawOpen": parted})))) == 8
