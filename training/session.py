"""The rhythm of a run: goes on where it stopped, advances, writes curves, judges, saves."""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor

from training.curves import FILE, Curves
from training.optimisation import read_checkpoint, write_checkpoint
from training.place import DEVICES, Place
from training.progress import Progress

CHECKPOINT = "checkpoint.pt"


class Learner(Protocol):
    """What a session advances."""

    @property
    def step(self) -> int:
        """Steps done."""
        ...

    @property
    def rate(self) -> float:
        """Learning rate of the last step."""
        ...

    def advance(self) -> dict[str, Tensor]:
        """Do one step; terms of the loss, still on the device."""
        ...

    def state(self) -> dict[str, Any]:
        """Everything needed to go on; asked on every process."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        ...


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a session does what.

    Attributes:
        steps: Where the run ends.
        minutes: Longest time of this session; a later one goes on.
        curves: Steps between rows of the curves.
        saves: Steps between checkpoints and scores, a multiple of ``curves``.
    """

    steps: int
    minutes: float
    curves: int = 50
    saves: int = 250


def learn(
    learner: Learner,
    folder: Path,
    rhythm: Rhythm,
    place: Place,
    judge: Callable[[], dict[str, float]] | None = None,
) -> bool:
    """Train until the steps or the minutes are over; every process calls this.

    Args:
        learner: What learns; what the folder's checkpoint holds is restored into it first.
        folder: Of checkpoint and curves.
        rhythm: When to do what.
        place: Of this process.
        judge: Scores for the curves, asked of the leader before it saves.

    Returns:
        Whether the run is at its end.
    """
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / CHECKPOINT
    if checkpoint.exists():
        learner.restore(read_checkpoint(checkpoint))
    curves = Curves(folder / FILE, learner.step) if place.leads else None
    progress = Progress(learner.step, rhythm.steps) if place.leads else None
    began, before = time.monotonic(), curves.seconds if curves else 0.0
    while learner.step < rhythm.steps:
        terms = learner.advance()
        step, spent = learner.step, time.monotonic() - began
        # A clock of its own would part the processes: they ask the leader, at every row.
        due = step % rhythm.curves == 0 or step == rhythm.steps
        over = (due or place.ranks == 1) and place.agreed(spent > rhythm.minutes * 60)
        saves = over or step % rhythm.saves == 0 or step == rhythm.steps
        if curves and progress:
            progress.show(step)
            if due or over:
                row = {"step": step, "seconds": before + spent, "rate": learner.rate}
                row |= {name: float(term) for name, term in terms.items()}
                curves.add(row | (judge() if judge and saves else {}))
        if saves:
            _save(learner, checkpoint, place)
        if over:
            break
    if progress:
        progress.end()
    return learner.step >= rhythm.steps


def learn_at_once(learner: Learner, steps: int) -> None:
    """Train to the end, keeping nothing on the way."""
    while learner.step < steps:
        learner.advance()


def _save(learner: Learner, path: Path, place: Place) -> None:
    state = learner.state()
    if place.leads:
        write_checkpoint(path, state)


def add_options(parser: argparse.ArgumentParser, recipe: Path, minutes: float) -> None:
    """Add what every recipe's command line takes.

    Args:
        parser: Of the command.
        recipe: Default recipe file.
        minutes: Default of the longest time.
    """
    parser.add_argument("--recipe", type=Path, default=recipe, help="TOML file of all settings")
    parser.add_argument("--minutes", type=float, default=minutes, help="longest time now")
    parser.add_argument("--steps", type=int, help="instead of the recipe's")
    parser.add_argument("--device", choices=DEVICES, default="auto")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads per process")


def given(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    """Settings of the command line that were given, to replace the recipe's."""
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}
