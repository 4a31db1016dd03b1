"""One picture as a file."""

import fractions

import av

from stream_engine.types import VideoFrame

QUALITY = 2
"""JPEG quantizer, 2 best .. 31 worst: about 40 kB for a face."""


def encode_jpeg(picture: VideoFrame) -> bytes:
    """Encode a picture as JPEG."""
    frame = av.VideoFrame.from_ndarray(picture.rgb, format="rgb24")
    codec = av.CodecContext.create("mjpeg", "w")
    codec.width, codec.height = frame.width, frame.height
    codec.pix_fmt = "yuvj420p"
    codec.time_base = fractions.Fraction(1, 25)
    codec.options = {"qmin": str(QUALITY), "qmax": str(QUALITY)}
    converted = frame.reformat(format="yuvj420p", dst_color_range="JPEG")
    converted.pts = 0
    packets = [*codec.encode(converted), *codec.encode(None)]
    return b"".join(bytes(packet) for packet in packets)
