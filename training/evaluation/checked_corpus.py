"""A folder of recordings by anyone, read with care: one broken clip must not end a run."""

import csv
import zipfile
import zlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import AssetError, ShapeError
from training.data.align import STABLE_LANDMARKS
from training.data.fit import GAP, WIDTH
from training.data.grid import Clip, GridCorpus

COLUMNS = ("clip", "transcript", "word_times_s")
NEEDED_FILES = ("clips.tsv", "arkit_names.txt", "point_ids.txt", "audio")
_LIDS = (159, 145, 386, 374)
_NEEDED_LANDMARKS = (*GAP, *WIDTH, *_LIDS)
_FEWEST_STABLE, _FEWEST_FACES = 4, 2
_NO_FACE = np.iinfo(np.int16).min


class CheckedCorpus(GridCorpus):
    """A folder of recordings by anyone, read clip by clip.

    Args:
        folder: In the layout of `GridCorpus`.

    Raises:
        AssetError: If a file is missing or cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        missing = [name for name in NEEDED_FILES if not (folder / name).exists()]
        if not sorted(folder.glob("tracks-*.npz")):
            missing.append("tracks-*.npz")
        if missing:
            raise AssetError(
                "recordings are incomplete",
                got=f"no {', '.join(missing)} in {folder}",
                expected="a folder as docs/evaluate.md describes it",
            )
        super().__init__(folder)
        self.rows = self._read_rows()
        self._check_landmarks()

    def read(self, row: Mapping[str, str]) -> Clip:
        """Read one clip.

        Args:
            row: Its row of ``clips.tsv``.

        Returns:
            The clip.

        Raises:
            AssetError: If its track is missing or broken, or shows no face.
            ShapeError: If the track does not hold the points that ``point_ids.txt`` lists.
        """
        name = row["clip"]
        track = self._tracks.get(name)
        if track is None:
            raise AssetError("clip has no track", got=name)
        try:
            raw, scores = track[f"{name}/points"], track[f"{name}/scores"]
            self._check_track(raw, scores)
            return self._clip(dict(row), raw, scores)
        except (KeyError, ValueError, IndexError, OSError, zipfile.BadZipFile, zlib.error) as error:
            raise AssetError("clip cannot be read", got=f"{name}: {error}") from error

    def _read_rows(self) -> list[dict[str, str]]:
        with (self.folder / "clips.tsv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        if not rows or any(rows[0].get(name) is None for name in COLUMNS):
            raise AssetError(
                "clips.tsv lists no clips",
                got=", ".join(rows[0]) if rows else "no rows",
                expected=f"tab-separated columns {', '.join(COLUMNS)}",
            )
        return rows

    @cached_property
    def _tracks(self) -> dict[str, Any]:
        home = {}
        for path in sorted(self.folder.glob("tracks-*.npz")):
            if not zipfile.is_zipfile(path):  # np.load would leave a broken one open
                raise AssetError("tracks cannot be read", got=str(path), expected="an .npz file")
            track = np.load(path)
            home.update({name.rsplit("/", 1)[0]: track for name in track.files})
        return home

    def _check_landmarks(self) -> None:
        try:
            ids = set(self.point_ids.tolist())
        except ValueError as error:
            raise AssetError("point_ids.txt holds no numbers", got=str(error)) from error
        missing = sorted(set(_NEEDED_LANDMARKS) - ids)
        if missing or len(ids & set(STABLE_LANDMARKS)) < _FEWEST_STABLE:
            raise AssetError(
                "too few points were tracked",
                got=f"no landmark {missing}" if missing else "hardly any that move with the skull",
                expected="MediaPipe face landmarks of lips, lids, brows, forehead and nose",
            )

    def _check_track(self, raw: NDArray[Any], scores: NDArray[Any]) -> None:
        wanted = (len(self.point_ids), 3)
        if raw.dtype != np.int16 or raw.shape[1:] != wanted or len(scores) != len(raw):
            raise ShapeError(
                "track does not fit its folder",
                got=f"{raw.dtype} {raw.shape}, {len(scores)} rows of scores",
                expected=f"int16 [T, {wanted[0]}, 3] and as many rows of scores",
            )
        faces = int((raw[:, 0, 0] != _NO_FACE).sum())
        if faces < _FEWEST_FACES:
            raise AssetError("no face was found in the clip", got=f"{faces} of {len(raw)} frames")
