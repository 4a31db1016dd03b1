"""A made-up file, read and imported once."""

from dataclasses import replace

import numpy as np
import pytest

from stream_engine.avatar.importing import import_head
from stream_engine.avatar.read_gltf import read_gltf
from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.mesh.skin_texture import SKIN_TENSOR, write_png
from tests.fakes.made_head import MadeFile, made_glb

Z_UP_CENTIMETRES = np.array(
    [[-100.0, 0, 0, 30], [0, 0, -100, 12], [0, -100, 0, -7], [0, 0, 0, 1]]
)
"""Facing along -y, z down, left and right kept: as nobody would have it."""


@pytest.fixture(scope="session")
def reference():
    """The head that ships."""
    return load_head_asset()


@pytest.fixture(scope="session")
def light(reference):
    """It again, with a skin that is packed quickly."""
    skin = write_png(np.full((4, 4, 4), 128, np.uint8))
    return replace(reference, extras={SKIN_TENSOR: np.frombuffer(skin, np.uint8)})


@pytest.fixture(scope="session")
def plain_glb(reference):
    """All 52 shapes by ARKit's names, metres, y up."""
    return made_glb(reference)


@pytest.fixture(scope="session")
def turned_glb(reference):
    """The same, turned, moved and in centimetres."""
    return made_glb(reference, MadeFile(matrix=Z_UP_CENTIMETRES))


@pytest.fixture(scope="session")
def found(turned_glb, tmp_path_factory):
    """The turned file, read."""
    file = tmp_path_factory.mktemp("glb") / "turned.glb"
    file.write_bytes(turned_glb)
    return read_gltf(file)


@pytest.fixture(scope="session")
def imported(found, reference):
    """The turned file, imported."""
    return import_head(found, reference)


@pytest.fixture(scope="session")
def avatar_file(imported, tmp_path_factory):
    """Its avatar, written."""
    file = tmp_path_factory.mktemp("avatars") / "turned.safetensors"
    imported.bundle.write(file)
    return file


@pytest.fixture(scope="session")
def avatar(avatar_file):
    """Its avatar, read again."""
    return load_head_asset(avatar_file)
