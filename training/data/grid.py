"""Reading the GRID recordings: clips of speech with the face points a tracker saw."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stream_engine.audio.file_source import FileSource
from stream_engine.errors import AssetError
from stream_engine.motion.arkit import ARKIT_COUNT, ARKIT_NAMES
from stream_engine.types import F32, MOTION_FPS

_MISSING = -32768
_SUBPIXELS = 64.0


@dataclass(frozen=True, slots=True)
class Clip:
    """One recorded sentence.

    Attributes:
        name: Clip name in the corpus.
        transcript: What was said.
        words: Start and end of each word in seconds.
        points: Tracked points, pixels, float32 [T, P, 3]; x right, y down, z away from the camera.
        valid: Whether a face was found, bool [T].
        scores: The tracker's own blendshape scores in ARKit order, float32 [T, 52].
    """

    name: str
    transcript: str
    words: tuple[tuple[float, float], ...]
    points: F32
    valid: NDArray[np.bool_]
    scores: F32

    def speaking(self, margin_s: float = 0.0) -> NDArray[np.bool_]:
        """Frames inside a word, widened by a margin, bool [T]."""
        at = (np.arange(len(self.points)) + 0.5) / MOTION_FPS
        inside = [(at >= a - margin_s) & (at < b + margin_s) for a, b in self.words]
        return np.logical_or.reduce(inside) if inside else np.zeros(len(at), bool)


class GridCorpus:
    """A folder with ``clips.tsv``, ``audio/``, ``tracks-*.npz`` and their name files.

    Args:
        folder: The folder.

    Raises:
        AssetError: If it is not there.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / "clips.tsv").exists():
            raise AssetError(
                "no recordings found", got=str(folder), expected="a folder with clips.tsv"
            )
        self.folder = folder

    @cached_property
    def point_ids(self) -> NDArray[np.int64]:
        """Landmark number of each tracked point, int64 [P]."""
        return np.array((self.folder / "point_ids.txt").read_text().split(), np.int64)

    @cached_property
    def _score_columns(self) -> list[tuple[int, int]]:
        names = (self.folder / "arkit_names.txt").read_text().split()
        return [(names.index(n), k) for k, n in enumerate(ARKIT_NAMES) if n in names]

    def clips(self) -> Iterator[Clip]:
        """Every clip that has a track, in the order of ``clips.tsv``."""
        tracks = [np.load(path) for path in sorted(self.folder.glob("tracks-*.npz"))]
        home = {name.split("/")[0]: track for track in tracks for name in track.files}
        with (self.folder / "clips.tsv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                track = home[row["clip"]]
                yield self._clip(
                    row, track[row["clip"] + "/points"], track[row["clip"] + "/scores"]
                )

    def _clip(
        self, row: dict[str, str], raw: NDArray[np.int16], scores: NDArray[np.float16]
    ) -> Clip:
        valid = raw[:, 0, 0] != _MISSING
        points = raw.astype(np.float32) / _SUBPIXELS
        for missing in np.nonzero(~valid)[0]:  # hold the nearest seen frame
            seen = np.nonzero(valid)[0]
            points[missing] = points[seen[np.argmin(np.abs(seen - missing))]]
        ordered = np.zeros((len(raw), ARKIT_COUNT), np.float32)
        for source, target in self._score_columns:
            ordered[:, target] = np.nan_to_num(scores[:, source].astype(np.float32))
        words = []
        for word in filter(None, row["word_times_s"].split(";")):
            start, end = word.split(":")[1].split("-")
            words.append((float(start), float(end)))
        return Clip(row["clip"], row["transcript"], tuple(words), points, valid, ordered)

    def speech(self, clip: str) -> F32:
        """Samples of a clip, 16 kHz mono float32 [N]."""
        with FileSource(self.folder / "audio" / f"{clip}.opus") as source:
            if source.rate_hz != 16_000 and source.rate_hz != 48_000:
                raise AssetError("recording has an unexpected rate", got=f"{source.rate_hz} Hz")
            chunks = list(source.chunks())
        samples = np.concatenate([chunk.samples for chunk in chunks])
        return samples if source.rate_hz == 16_000 else _third(samples)


def _third(samples: F32) -> F32:
    """48 kHz to 16 kHz without delay (offline, zero phase)."""
    from scipy.signal import resample_poly

    out: F32 = resample_poly(samples, 1, 3).astype(np.float32)
    return out
