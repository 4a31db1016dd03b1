"""Pictures and voice in a file."""

from pathlib import Path

import av
import numpy as np
import pytest

from stream_engine.errors import ConfigError, TransportError
from stream_engine.transport.movie_file import MovieFile
from stream_engine.types import AudioChunk, VideoFrame


def test_pictures_and_voice_come_back_in_time(tmp_path: Path) -> None:
    """25 frames and a second of sound are read back with their times and colours."""
    movie = MovieFile(tmp_path / "m.mp4", (64, 48), 25, 16_000)
    tone = np.sin(np.arange(16_000) * 0.3).astype(np.float32)
    for k in range(25):
        movie.write_audio(AudioChunk(640 * k, tone[640 * k : 640 * k + 640], 16_000))
        movie.write(VideoFrame(1920 * k, np.full((48, 64, 3), 10 * k, np.uint8)))
    movie.close()
    with av.open(str(tmp_path / "m.mp4")) as container:
        pictures = list(container.decode(video=0))
    with av.open(str(tmp_path / "m.mp4")) as container:
        sound = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    assert [round(p.time * 25) for p in pictures] == list(range(25))
    levels = [p.to_ndarray(format="rgb24").mean() for p in pictures]
    assert np.allclose(levels, [10 * k for k in range(25)], atol=6)
    assert abs(len(sound) - 48_000) <= 2_048
    assert sound[2_000:-3_000].std() == pytest.approx(tone.std(), rel=0.1)


def test_unknown_endings_are_refused(tmp_path: Path) -> None:
    """The error says which endings work."""
    with pytest.raises(ConfigError, match=r"\.mp4"):
        MovieFile(tmp_path / "m.xyz", (64, 48), 25, 16_000)


def test_what_cannot_be_written_is_told_when_it_shows(tmp_path: Path) -> None:
    """A missing folder before any work is done; a file in the way with the first samples."""
    with pytest.raises(TransportError, match=r"m\.mp4: there is no such folder; expected a folder"):
        MovieFile(tmp_path / "none" / "m.mp4", (64, 48), 25, 16_000)
    (tmp_path / "m.mp4").mkdir()
    movie = MovieFile(tmp_path / "m.mp4", (64, 48), 25, 16_000)
    with pytest.raises(TransportError, match=r"m\.mp4: Is a directory"):
        movie.write_audio(AudioChunk(0, np.zeros(16_000, np.float32), 16_000))
