"""Backgrounds from the settings."""

import numpy as np

from stream_engine.mesh.skin_texture import write_png
from stream_engine.render_config import RenderConfig
from stream_engine.transport.scenery import scenery, video_style


def test_what_is_transparent_is_a_colour_to_cut_out_in_video():
    """Video has no alpha."""
    style = video_style(RenderConfig(background="transparent", background_chroma="#0000ff"))
    assert style.background == (0, 0, 255)
    assert not style.transparent
    assert style.picture is None


def test_a_picture_is_cut_to_the_format_and_read_once(tmp_path):
    """The video's size, whatever the file's."""
    file = tmp_path / "wall.png"
    file.write_bytes(write_png(np.full((9, 30, 4), 255, np.uint8)))
    config = RenderConfig(width=64, height=96, background_picture=str(file), background_blur=0.05)
    picture = video_style(config).picture
    assert picture.shape == (96, 64, 3)
    assert (picture == 255).all()
    assert scenery(config) is picture


def test_detail_is_what_the_settings_say_or_the_device_bears():
    """Left to the device unless it is told."""
    made = [video_style(RenderConfig(detail=name)).plain for name in ("auto", "full", "plain")]
    assert made == [None, False, True]
