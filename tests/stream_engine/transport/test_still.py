import io

import av
import numpy as np

from stream_engine.transport.still import encode_jpeg
from stream_engine.types import VideoFrame


def test_a_picture_survives_as_jpeg() -> None:
    """Size and colours come back."""
    rgb = np.zeros((64, 96, 3), np.uint8)
    rgb[:, :48] = (200, 60, 40)
    rgb[:, 48:] = (30, 90, 210)
    with av.open(io.BytesIO(encode_jpeg(VideoFrame(0, rgb))), format="mjpeg") as file:
        frame = next(file.decode(video=0))
    back = frame.to_ndarray(format="rgb24")
    assert back.shape == rgb.shape
    assert np.abs(back[8:-8, 8:40].astype(int) - (200, 60, 40)).max() < 12
    assert np.abs(back[8:-8, 56:-8].astype(int) - (30, 90, 210)).max() < 12
