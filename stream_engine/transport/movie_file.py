"""Pictures and voice into a movie file."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from stream_engine.errors import ConfigError, TransportError
from stream_engine.types import TICKS_PER_SECOND, AudioChunk, VideoFrame

_AAC_FRAME = 1024
_KINDS = (".mp4", ".mkv", ".mov")


def check_movie(path: Path) -> None:
    """Refuse a movie of a kind that cannot be written; ConfigError says which can."""
    if path.suffix.lower() not in _KINDS:
        raise ConfigError(
            "movie of a kind that cannot be written", got=str(path), expected=" or ".join(_KINDS)
        )


class MovieFile:
    """H.264 and AAC in MP4; both are stamped in media time.

    Thread: any, one at a time. State: what the muxer needs to interleave. The file is made with
    the first samples or picture; whatever it cannot take raises TransportError.

    Args:
        path: File to write; the ending chooses the container.
        size: Width and height in pixels, even.
        fps: Pictures in a second.
        rate_hz: Sample rate of the voice.

    Raises:
        ConfigError: If there is no such kind of movie.
        TransportError: If the folder is not there.
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: int, rate_hz: int) -> None:
        check_movie(path)
        self._path = path
        self._rate_hz = rate_hz
        with self._writing():
            if not path.parent.is_dir():  # the muxer would say so only with the first samples
                raise FileNotFoundError(2, "there is no such folder")
            self._container = av.open(str(path), "w")
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
        with self._writing():
            for ready in self._to_aac.resample(frame):
                self._container.mux(self._audio.encode(ready))

    def write(self, picture: VideoFrame) -> None:
        """Take the next picture."""
        frame = av.VideoFrame.from_ndarray(picture.rgb, format="rgb24")
        frame.pts = picture.pts
        frame.time_base = Fraction(1, TICKS_PER_SECOND)
        with self._writing():
            self._container.mux(self._video.encode(frame))

    def close(self) -> None:
        """Write what is held back and finish the file."""
        with self._writing():
            for ready in self._to_aac.resample(None):
                self._container.mux(self._audio.encode(ready))
            for stream in (self._video, self._audio):
                self._container.mux(stream.encode(None))
            self._container.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, av.FFmpegError) as error:
            raise TransportError(
                "movie cannot be written",
                got=f"{self._path}: {getattr(error, 'strerror', None) or error}",
                expected="a folder that is there and may be written to, and room on its disk",
            ) from error
