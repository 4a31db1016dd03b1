"""Pictures and voice into a movie file."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from stream_engine.errors import TransportError
from stream_engine.types import TICKS_PER_SECOND, AudioChunk, VideoFrame

_AAC_FRAME = 1024


class MovieFile:
    """H.264 and AAC in MP4; both are stamped in media time.

    Thread: any, one at a time. State: what the muxer needs to interleave.

    Args:
        path: File to write; the ending chooses the container.
        size: Width and height in pixels, even.
        fps: Pictures in a second.
        rate_hz: Sample rate of the voice.

    Raises:
        TransportError: If the file cannot be made.
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: int, rate_hz: int) -> None:
        self._path = path
        self._rate_hz = rate_hz
        try:
            self._container = av.open(str(path), "w")
        except (OSError, ValueError, av.FFmpegError) as error:
            raise TransportError(
                "movie cannot be written",
                got=f"{path}: {error}",
                expected="a writable path that ends in .mp4, .mkv or .mov",
            ) from error
        self._video = self._container.add_stream("libx264", rate=fps)
        self._video.width, self._video.height = size
        self._video.pix_fmt = "yuv420p"
        self._video.options = {"preset": "superfast", "crf": "20"}
        self._video.time_base = Fraction(1, TICKS_PER_SECOND)
        self._video.codec_context.time_base = Fraction(1, TICKS_PER_SECOND)
        self._audio = self._container.add_stream("aac", rate=TICKS_PER_SECOND, layout="mono")
        self._audio.bit_rate = 128_000
        self._to_aac = av.AudioResampler("fltp", "mono", TICKS_PER_SECOND, frame_size=_AAC_FRAME)

    def write_audio(self, chunk: AudioChunk) -> None:
        """Take the next samples."""
        frame = av.AudioFrame.from_ndarray(chunk.samples[None].astype(np.float32), "fltp", "mono")
        frame.sample_rate = self._rate_hz
        frame.pts = chunk.start
        frame.time_base = Fraction(1, self._rate_hz)
        for ready in self._to_aac.resample(frame):
            self._container.mux(self._audio.encode(ready))

    def write(self, picture: VideoFrame) -> None:
        """Take the next picture."""
        frame = av.VideoFrame.from_ndarray(picture.rgb, format="rgb24")
        frame.pts = picture.pts
        frame.time_base = Fraction(1, TICKS_PER_SECOND)
        self._container.mux(self._video.encode(frame))

    def close(self) -> None:
        """Write what is held back and finish the file."""
        for ready in self._to_aac.resample(None):
            self._container.mux(self._audio.encode(ready))
        for stream in (self._video, self._audio):
            self._container.mux(stream.encode(None))
        self._container.close()
