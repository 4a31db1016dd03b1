"""Pictures read and resized."""

import numpy as np
import pytest

from stream_engine.avatar.pictures import look_up, read_picture, resized
from stream_engine.errors import AssetError
from stream_engine.mesh.skin_texture import write_png

RAMP = np.tile(np.linspace(0, 1, 64)[None, :, None], (32, 1, 4))


def test_a_png_is_read():
    """Every pixel, opacity too."""
    pixels = np.random.default_rng(1).integers(0, 255, (5, 7, 4), dtype=np.uint8)
    assert np.allclose(read_picture(write_png(pixels), "skin") * 255, pixels)


def test_what_is_no_picture_is_said():
    """With the surface's name."""
    with pytest.raises(AssetError, match="'skin'"):
        read_picture(b"no picture", "skin")


def test_a_window_keeps_what_it_shows():
    """Smaller, larger or cut: a ramp stays a ramp, and margins go on as its edge."""
    for size in ((8, 16), (64, 128)):
        small = resized(RAMP, (np.zeros(2), np.ones(2)), size, 0)
        assert np.abs(np.diff(small[0, :, 0]) - 1 / size[1]).max() < 0.02
    cut = resized(RAMP, (np.array([0.5, 0.0]), np.array([0.75, 1.0])), (4, 26), 5)
    assert 0.49 < cut[0, 5, 0] < 0.53
    assert cut[0, 0, 0] < cut[0, -1, 0] < 0.87


def test_looking_up_repeats_and_blends():
    """Between two pixels is their mean, beyond an edge the picture begins anew."""
    uv = np.array([[1 / 64, 0.5], [1 + 1 / 64, 0.5]])
    assert np.allclose(look_up(RAMP, uv)[:, 0], RAMP[0, :2, 0].mean())
