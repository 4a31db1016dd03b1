"""What the monitor is evaluated on."""

from pathlib import Path

import numpy as np
import pytest

from stream_engine.errors import AssetError
from tests.training.data.made_up_grid import make_grid
from tests.training.sync.faces_for_tests import talking_face
from training.data.spoken_faces import SpokenFaces
from training.evaluation.recordings import Selection
from training.listening import for_tests
from training.sync.material import HELD_OUT, made_kind, noises, read_spoken, recorded_kind

TESTED = next(f"s{k}" for k in range(99) if for_tests(f"s{k}"))


def write(path: Path, corpus: str, speakers: list[str]) -> str:
    faces = [talking_face(frames=100, seed=k) for k in range(len(speakers))]
    SpokenFaces(
        name=np.array([f"{corpus}{k}/0" for k in range(len(speakers))]),
        source=np.full(len(speakers), corpus),
        speaker=np.array(speakers),
        mel=np.stack([face.mel for face in faces]).astype(np.float16),
        motion=np.stack([face.motion for face in faces]).astype(np.float16),
    ).save(path)
    return str(path)


def test_a_corpus_the_ears_know_gives_only_who_is_held_out(tmp_path: Path) -> None:
    """And says so if nobody is."""
    place = write(tmp_path / "a.npz", "a", [TESTED, "x", "y"])
    assert len(read_spoken(place, 0)) == 3
    assert set(read_spoken(place + HELD_OUT, 0).speaker) == {TESTED}
    with pytest.raises(AssetError, match="no speech is left"):
        read_spoken(write(tmp_path / "b.npz", "b", ["x"]) + HELD_OUT, 0)
    with pytest.raises(AssetError, match="no such speech"):
        read_spoken("/nowhere", 0)


def test_faces_are_drawn_from_all_corpora_alike(tmp_path: Path) -> None:
    """Two of each of two; streams hear all."""
    places = [
        write(tmp_path / "a.npz", "a", ["v"] * 9),
        write(tmp_path / "b.npz", "b", ["w"] * 3),
    ]
    kind = made_kind(places, 4, seed=0)
    assert sorted(kind.corpus[face.voice] for face in kind.faces) == ["a", "a", "b", "b"]
    assert len(kind.whole) == 12
    again = made_kind(places, 4, seed=0)
    assert [face.name for face in kind.faces] == [face.name for face in again.faces]


def test_recorded_faces_are_fitted_clips(tmp_path: Path) -> None:
    """One that cannot be used is counted."""
    make_grid(tmp_path / "grid", 3, lengths=(75,))
    (tmp_path / "grid" / "audio" / "clip1.opus").unlink()
    kind, skipped = recorded_kind(tmp_path / "grid", Selection(), lambda *_: None)
    assert (len(kind.faces), skipped) == (2, 1)
    assert len(kind.faces[0].mel) == 4 * len(kind.faces[0])


def test_noises_show_a_face_that_keeps_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every kind there is."""
    monkeypatch.setattr("training.sync.material._NOISES", 4)
    monkeypatch.setattr("training.sync.material._NOISE_S", 2.0)
    made = noises(0)
    assert len(made) == 4
    assert all((face.motion == 0.0).all() and len(face) == 50 for face in made)
