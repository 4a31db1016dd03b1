"""The packed skin texture."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.errors import AssetError
from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.mesh.skin_texture import read_png, read_skin_texture, write_png


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 1000))
def test_unpacking_undoes_packing(height, width, seed):
    """Any picture comes back bit for bit."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 4)).astype(np.uint8)
    np.testing.assert_array_equal(read_png(write_png(pixels)), pixels)


def test_other_readers_understand_it():
    """The bytes are a regular PNG."""
    image = pytest.importorskip("PIL.Image")
    io = pytest.importorskip("io")
    pixels = np.random.default_rng(3).integers(0, 256, (5, 7, 4)).astype(np.uint8)
    np.testing.assert_array_equal(np.asarray(image.open(io.BytesIO(write_png(pixels)))), pixels)


def test_the_shipped_head_has_one():
    """The head file carries a texture of useful size."""
    texture = read_skin_texture(load_head_asset())
    assert texture.shape[0] >= 512
    assert texture.shape[1] >= 512


def test_a_head_without_texture_is_refused():
    """The error says what is missing."""
    with pytest.raises(AssetError, match="skin_png"):
        read_skin_texture(replace(load_head_asset(), extras={}))


@pytest.mark.parametrize("cut", [0, 30, 45])
def test_broken_bytes_are_refused(cut):
    """A texture cut short raises AssetError."""
    with pytest.raises(AssetError):
        read_png(write_png(np.zeros((4, 4, 4), dtype=np.uint8))[:cut])
