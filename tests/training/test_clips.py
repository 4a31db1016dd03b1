"""Sets of clips."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from training.clips import ClipSet


@dataclass(frozen=True, slots=True)
class Toy(ClipSet):
    name: np.ndarray
    track: np.ndarray


def toy() -> Toy:
    return Toy(np.array(["a", "b", "c"]), np.arange(6.0).reshape(3, 2))


def test_rows_stay_together() -> None:
    """Selecting by index or mask, and joining, take every array alike."""
    picked = toy().select(np.array([2, 0]))
    assert picked.name.tolist() == ["c", "a"]
    assert picked.track.tolist() == [[4.0, 5.0], [0.0, 1.0]]
    both = Toy.join([picked, toy().select(np.array([False, True, False]))])
    assert both.name.tolist() == ["c", "a", "b"]
    assert len(both) == len(both.track) == 3


def test_what_is_saved_is_read_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    """Into a folder that is made; clips of another length cannot be joined."""
    toy().save(tmp_path / "new" / "t.npz")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["t.npz"]
    with np.load(tmp_path / "new" / "t.npz") as file:
        assert sorted(file.files) == sorted(Toy.names())
        assert np.array_equal(file["track"], toy().track)
    with pytest.raises(ValueError, match="dimension"):
        Toy.join([toy(), Toy(np.array(["d"]), np.zeros((1, 3)))])
