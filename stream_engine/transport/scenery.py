"""What stands behind the head, from the settings: in video, and for a page that draws."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stream_engine.render.backdrop import fitted
from stream_engine.render.portrait import RenderStyle
from stream_engine.render_config import DETAILS, RenderConfig
from stream_engine.transport.picture_file import read_picture


def video_style(config: RenderConfig) -> RenderStyle:
    """Say how video looks: it has no alpha, so what is transparent gets the colour to cut out.

    Args:
        config: The settings.

    Returns:
        The style.
    """
    plain = DETAILS[config.detail]
    return RenderStyle(background=config.background_rgb, picture=scenery(config), plain=plain)


@lru_cache(maxsize=2)
def scenery(config: RenderConfig) -> NDArray[np.uint8] | None:
    """Give the picture behind the head, cut to the video's format and blurred.

    Args:
        config: The settings.

    Returns:
        uint8 [H, W, 3], or None if there is no picture.
    """
    if not config.background_picture:
        return None
    picture = read_picture(Path(config.background_picture))
    return fitted(picture, config.width, config.height, config.background_blur)
