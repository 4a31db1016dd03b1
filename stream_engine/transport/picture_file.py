"""Reads a picture that is to stand behind the head.

It is a file that the operator names, of any kind, and is only shown, so it comes opaque and as
bytes; `avatar/pictures` reads the textures inside an avatar, to bake them.
"""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import AssetError


def read_picture(file: Path) -> NDArray[np.uint8]:
    """Read a PNG, JPEG, WebP or the first picture of a film.

    Args:
        file: Where it is.

    Returns:
        sRGB, uint8 [H, W, 3].

    Raises:
        AssetError: If it is missing or no picture.
    """
    try:
        with av.open(str(file)) as container:
            frame = next(container.decode(video=0), None)
            if frame is not None:
                pixels: NDArray[np.uint8] = frame.to_ndarray(format="rgb24")
                return pixels
            said = "no picture in it"
    except (av.FFmpegError, OSError, IndexError) as error:
        said = str(error)
    raise AssetError(
        "the background's picture cannot be read",
        got=f"{file}: {said}",
        expected="a PNG, JPEG or WebP file",
        fix="correct render.background_picture",
    )
