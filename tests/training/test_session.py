"""The rhythm of a run."""

import argparse
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from training.curves import FILE, read_curves
from training.place import HERE
from training.session import CHECKPOINT, Rhythm, add_options, given, learn


class Counter:
    """Learns to count; may be stopped from outside."""

    def __init__(self, breaks_at: int | None = None) -> None:
        self.step = 0
        self.rate = 0.5
        self._breaks_at = breaks_at

    def advance(self) -> dict[str, Tensor]:
        if self.step == self._breaks_at:
            raise KeyboardInterrupt
        self.step += 1
        return {"total": torch.tensor(1.0 / self.step)}

    def state(self) -> dict[str, Any]:
        return {"step": self.step}

    def restore(self, state: dict[str, Any]) -> None:
        self.step = state["step"]


def test_a_run_notes_saves_and_ends(tmp_path: Path) -> None:
    """Rows at the rhythm and at the end; scores only where it saves."""
    rhythm = Rhythm(steps=11, minutes=1, curves=2, saves=4)
    counter = Counter()
    assert learn(counter, tmp_path / "run", rhythm, HERE, lambda: {"score": 1.0})
    rows = read_curves(tmp_path / "run" / FILE)
    assert [row["step"] for row in rows] == [2, 4, 6, 8, 10, 11]
    assert [row["step"] for row in rows if "score" in row] == [4, 8, 11]
    assert rows[0]["rate"] == 0.5
    assert torch.load(tmp_path / "run" / CHECKPOINT, weights_only=True) == {"step": 11}


def test_a_broken_run_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    """Steps after the checkpoint are done again, and noted once."""
    rhythm = Rhythm(steps=10, minutes=1, curves=1, saves=4)
    with pytest.raises(KeyboardInterrupt):
        learn(Counter(breaks_at=6), tmp_path, rhythm, HERE)
    again = Counter()
    assert learn(again, tmp_path, rhythm, HERE)
    assert again.step == 10
    rows = read_curves(tmp_path / FILE)
    assert [row["step"] for row in rows] == list(range(1, 11))
    seconds = [row["seconds"] for row in rows]
    assert seconds == sorted(seconds)


def test_minutes_end_a_session_not_the_run(tmp_path: Path) -> None:
    """What was done is saved; the next session goes on after it."""
    over = Rhythm(steps=10, minutes=0, curves=5, saves=5)
    for done in (1, 2):
        counter = Counter()
        assert not learn(counter, tmp_path, over, HERE)
        assert counter.step == done
    assert learn(Counter(), tmp_path, Rhythm(10, 1), HERE)


def test_a_finished_run_is_finished(tmp_path: Path) -> None:
    """Nothing is trained beyond the end."""
    rhythm = Rhythm(steps=3, minutes=1)
    learn(Counter(), tmp_path, rhythm, HERE)
    assert learn(Counter(breaks_at=3), tmp_path, rhythm, HERE)


def test_only_what_was_given_replaces_the_recipe() -> None:
    """Defaults of the command line are none."""
    parser = argparse.ArgumentParser()
    add_options(parser, Path("r.toml"), 5.0)
    options = parser.parse_args(["--steps", "7"])
    assert given(options, "steps") == {"steps": 7}
    assert given(parser.parse_args([]), "steps") == {}
    assert options.minutes == 5.0
