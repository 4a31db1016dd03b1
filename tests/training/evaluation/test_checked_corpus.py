"""Folders people bring."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stream_engine.errors import AssetError, StreamEngineError
from tests.training.data.made_up_grid import make_grid
from training.evaluation.checked_corpus import NEEDED_FILES, CheckedCorpus


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_grid(tmp_path_factory.mktemp("made") / "grid", 2, lengths=(75, 90))


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A folder of two clips to damage."""
    return Path(shutil.copytree(made, tmp_path / "grid"))


def change_tracks(folder: Path, change: Callable[[dict[str, np.ndarray]], None]) -> None:
    with np.load(folder / "tracks-00.npz") as file:
        tracks = dict(file)
    change(tracks)
    np.savez(folder / "tracks-00.npz", **tracks)


def test_a_whole_folder_is_read(folder: Path) -> None:
    """Clip by clip."""
    corpus = CheckedCorpus(folder)
    assert [len(corpus.read(row).points) for row in corpus.rows] == [75, 90]


@pytest.mark.parametrize("name", [*NEEDED_FILES, "tracks-00.npz"])
def test_what_is_missing_is_named(name: str, folder: Path) -> None:
    """One error for the folder."""
    (folder / name).rename(folder / "elsewhere")
    with pytest.raises(AssetError, match="tracks-" if name.startswith("tracks") else name):
        CheckedCorpus(folder)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("clips.tsv", "clip\ttranscript\n a\tb\n", "columns"),
        ("clips.tsv", "", "no rows"),
        ("point_ids.txt", "1 2 3", "too few points"),
        ("point_ids.txt", "one two", "no numbers"),
    ],
)
def test_files_that_make_no_sense_are_named(
    name: str, content: str, said: str, folder: Path
) -> None:
    """Before any clip is read."""
    (folder / name).write_text(content)
    with pytest.raises(AssetError, match=said):
        CheckedCorpus(folder)


def test_a_broken_track_file_is_named(folder: Path) -> None:
    """Not a zip."""
    (folder / "tracks-00.npz").write_bytes(b"PK\x03\x04 nothing")
    corpus = CheckedCorpus(folder)
    with pytest.raises(AssetError, match="tracks-00"):
        corpus.read(corpus.rows[0])


def drop_scores(tracks: dict[str, np.ndarray]) -> None:
    del tracks["clip0/scores"]


def drop_clip(tracks: dict[str, np.ndarray]) -> None:
    for name in [name for name in tracks if name.startswith("clip0/")]:
        del tracks[name]


def lose_the_face(tracks: dict[str, np.ndarray]) -> None:
    tracks["clip0/points"][:] = -32768


def lose_points(tracks: dict[str, np.ndarray]) -> None:
    tracks["clip0/points"] = tracks["clip0/points"][:, 5:]


def put_nan(tracks: dict[str, np.ndarray]) -> None:
    tracks["clip0/points"] = np.full(tracks["clip0/points"].shape, np.nan, np.float32)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (drop_scores, "clip0: .*scores"),
        (drop_clip, "no track"),
        (lose_the_face, "no face"),
        (lose_points, "does not fit"),
        (put_nan, "float32"),
    ],
)
def test_a_broken_clip_is_an_error_of_its_own(
    damage: Callable[[dict[str, np.ndarray]], None], said: str, folder: Path
) -> None:
    """The next clip is read all the same."""
    change_tracks(folder, damage)
    corpus = CheckedCorpus(folder)
    with pytest.raises(StreamEngineError, match=said):
        corpus.read(corpus.rows[0])
    assert len(corpus.read(corpus.rows[1]).points) == 90
    with pytest.raises(AssetError, match="clip1"):
        corpus.read({**corpus.rows[1], "word_times_s": "bin-blue"})
