"""Reading the GRID recordings: clips of speech with the face points a tracker saw."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import AssetError
from stream_engine.motion.arkit import ARKIT_COUNT, ARKIT_NAMES
from stream_engine.types import F32, MOTION_FPS
from training.data.corpus.speech import read_speech

_MISSING = -32768
_SUBPIXELS = 64.0


@dataclass(frozen=True, slots=True)
class Clip:
    """One recorded sentence.

    Attributes:
        name: Clip name in the corpus.
        transcript: What was said.
        words: The words said.
        times: Start and end of each in seconds.
        points: Tracked points, pixels, float32 [T, P, 3]; x right, y down, z away from the camera.
        valid: Whether a face was found, bool [T].
        scores: The tracker's own blendshape scores in ARKit order, float32 [T, 52].
    """

    name: str
    transcript: str
    words: tuple[str, ...]
    times: tuple[tuple[float, float], ...]
    points: F32
    valid: NDArray[np.bool_]
    scores: F32

    def speaking(self, margin_s: float = 0.0) -> NDArray[np.bool_]:
        """Frames inside a word, widened by a margin, bool [T]."""
        at = (np.arange(len(self.points)) + 0.5) / MOTION_FPS
        inside = [(at >= a - margin_s) & (at < b + margin_s) for a, b in self.times]
        return np.logical_or.reduce(inside) if inside else np.zeros(len(at), bool)

    def word_of_frame(self) -> NDArray[np.str_]:
        """Word said in each frame, empty between words, [T]."""
        said = np.zeros(len(self.points), "U16")
        at = (np.arange(len(said)) + 0.5) / MOTION_FPS
        for word, (start, end) in zip(self.words, self.times, strict=True):
            said[(at >= start) & (at < end)] = word
        return said


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

    def transcripts(self) -> list[tuple[str, str]]:
        """Name and words of every clip."""
        with (self.folder / "clips.tsv").open(encoding="utf-8", newline="") as file:
            return [(r["clip"], r["transcript"]) for r in csv.DictReader(file, delimiter="\t")]

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
        words, times = [], []
        for word in filter(None, row["word_times_s"].split(";")):
            name, span = word.split(":")
            start, end = span.split("-")
            words.append(name)
            times.append((float(start), float(end)))
        said = (tuple(words), tuple(times))
        return Clip(row["clip"], row["transcript"], *said, points, valid, ordered)

    def speech(self, clip: str) -> F32:
        """Samples of a clip, 16 kHz mono float32 [N]."""
        return read_speech(self.folder / "audio" / f"{clip}.opus")
