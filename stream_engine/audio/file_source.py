"""Speech files of any kind PyAV reads, as a stream of mono chunks."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import av
import numpy as np

from stream_engine.audio.check import check_rate
from stream_engine.audio.resampler import Resampler
from stream_engine.errors import AudioError
from stream_engine.types import F32, AudioChunk

SAMPLE = Path(__file__).parents[1] / "assets" / "sample.wav"
"""Speech that ships with the package."""


class FileSource:
    """Decodes an audio file piece by piece, so that memory does not grow with its length.

    Args:
        path: Any file PyAV can decode; channels are averaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            # WAV would come in packets of 4 kB, each with its own overhead.
            self._container = av.open(str(path), options={"max_size": "16384"})
        except (OSError, av.FFmpegError) as error:
            raise AudioError(
                "file cannot be read as audio",
                got=f"{path}: {error.strerror or error}",
                expected="a WAV, FLAC, Ogg, MP3 or other audio file",
            ) from error
        if not self._container.streams.audio:
            self._container.close()
            raise AudioError("file has no sound track", got=str(path))
        self._stream = self._container.streams.audio[0]
        self.rate_hz: int = self._stream.rate
        check_rate(self.rate_hz)

    @property
    def duration_s(self) -> float | None:
        """Length as the header says, in seconds; None if it does not."""
        if self._container.duration is None:
            return None
        return float(self._container.duration) / 1_000_000

    def __enter__(self) -> "FileSource":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._container.close()

    def chunks(self) -> Iterator[AudioChunk]:
        """Decode from the beginning.

        Yields:
            Consecutive mono chunks at ``rate_hz``.

        Raises:
            AudioError: If the file is empty or breaks off in its first packet.
        """
        to_float = av.AudioResampler(format="fltp", rate=self.rate_hz)
        start = 0
        try:
            for frame in self._container.decode(self._stream):
                for plain in to_float.resample(frame):
                    samples = _mono(plain)
                    yield AudioChunk(start, samples, self.rate_hz)
                    start += len(samples)
        except av.FFmpegError as error:
            if not start:
                raise AudioError("file cannot be decoded", got=f"{self._path}: {error}") from error
        if not start:
            raise AudioError("file holds no samples", got=str(self._path), fix="record it again")


def speech_for_model(path: Path) -> F32:
    """Read a whole file at the rate the model hears.

    Args:
        path: Any file PyAV can decode.

    Returns:
        16 kHz, float32 [N].

    Raises:
        AudioError: If it cannot be read, or its rate cannot be used.
    """
    with FileSource(path) as file:
        samples = np.concatenate([chunk.samples for chunk in file.chunks()])
        resampler = Resampler(file.rate_hz)
    heard = resampler.feed(AudioChunk(0, samples, file.rate_hz))
    return heard[0].samples if heard else np.zeros(0, np.float32)


def _mono(frame: av.AudioFrame) -> F32:
    mono: F32 = frame.to_ndarray().mean(axis=0, dtype=np.float32)
    return mono
