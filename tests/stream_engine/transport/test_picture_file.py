"""Reading a background's picture."""

import numpy as np
import pytest

from stream_engine.errors import AssetError
from stream_engine.mesh.skin_texture import write_png
from stream_engine.transport.picture_file import read_picture


def test_a_png_is_read(tmp_path):
    """Pixels come back as they are, first row on top."""
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 4)).astype(np.uint8)
    pixels[..., 3] = 255
    file = tmp_path / "wall.png"
    file.write_bytes(write_png(pixels))
    np.testing.assert_array_equal(read_picture(file), pixels[..., :3])


@pytest.mark.parametrize("content", [None, b"not a picture"])
def test_what_is_no_picture_is_refused(tmp_path, content):
    """The error names file and setting."""
    file = tmp_path / "wall.png"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(AssetError, match="background_picture"):
        read_picture(file)
