"""What fewer steps cost: every metric and ms per hop, by model and step count, beside a teacher.

    python -m training.evaluation.step_table --pairs cache/grid.npz
        --model teacher=runs/motion/checkpoint.pt --steps 1 2 4 8 32
        --model student=exported/student --steps 1 2 --json steps.json

The first model is the teacher, and its most steps are what every other model is held against.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from stream_engine.errors import ConfigError
from training.data.splits import add_split, pairs_to_judge
from training.evaluation.batches import batch_of_pairs
from training.evaluation.hops import add_models, named_models
from training.evaluation.intervals import Interval, paired_ratio, summarise
from training.evaluation.lip_reader import LipReader
from training.evaluation.metrics import ClipScores
from training.evaluation.report import Table, as_table, summarise_movement, title, without_nan
from training.evaluation.systems import score_system
from trt_build.bench import HopTimes, time_hops

HELD = ("lip_pcc", "lve_mm", "lip_diversity_mm", "upper_diversity_mm")
"""What a student is held to its teacher by: lips of one sample, and diversity."""

MOVEMENT = "movement"

BARS = {1: (0.05, 0.05, 0.05, 0.05), 2: (0.02, 0.02, 0.05, 0.05)}
"""How far a student may be from its teacher, as a share, by step count; in the order of `HELD`."""


@dataclass(frozen=True, slots=True)
class Row:
    """One model at one step count.

    Attributes:
        model: Its name.
        steps: Diffusion steps per window.
        backend: What ran it.
        times: Of a hop of one session on one thread.
        scores: By what is scored (one sample, mean, best, movement), clip by clip.
    """

    model: str
    steps: int
    backend: str
    times: HopTimes
    scores: dict[str, ClipScores]

    @property
    def name(self) -> str:
        """What tells it from the others."""
        return f"{self.model}, {self.steps} step{'s' * (self.steps > 1)}"


def met(metric: str, ratio: float, steps: int) -> bool | None:
    """Whether a ratio to the teacher is within its bar; None where there is no bar.

    Lips may be better than the teacher's by any amount; diversity may differ neither way.
    """
    if steps not in BARS:
        return None
    worse = {"lip_pcc": 1.0 - ratio, "lve_mm": ratio - 1.0}.get(metric, abs(ratio - 1.0))
    return worse <= BARS[steps][HELD.index(metric)]


def reference(rows: Sequence[Row]) -> Row:
    """The first model's row of most steps."""
    return max((row for row in rows if row.model == rows[0].model), key=lambda row: row.steps)


def ratios(rows: Sequence[Row]) -> Table:
    """Every student row over the teacher's row of most steps.

    Args:
        rows: All rows; those of the first one's model are the teacher's.

    Returns:
        Interval of the ratio by metric of `HELD`, by row.
    """
    teacher = reference(rows)
    whole = teacher.scores["one sample"] | teacher.scores[MOVEMENT]
    held = {metric: whole[metric] for metric in HELD}
    return {
        row.name: paired_ratio(row.scores["one sample"] | row.scores[MOVEMENT], held)
        for row in rows
        if row.model != teacher.model
    }


def everything(rows: Sequence[Row]) -> Table:
    """All metrics and times: interval by row's name, by what is measured."""
    table: Table = {}
    for row in rows:
        for what, scores in row.scores.items():
            for metric, interval in _summed_up(what, scores).items():
                name = title(metric)
                words = ", words" * (metric.endswith("_words") and "words" not in name)
                table.setdefault(f"{what}: {name}{words}", {})[row.name] = interval
        for label, value in (("median", row.times.p50), ("p95", row.times.p95)):
            cell = Interval(value, np.nan, np.nan, 0)
            table.setdefault(f"ms per hop on one thread, {label}", {})[row.name] = cell
    return table


def _summed_up(what: str, scores: ClipScores) -> dict[str, Interval]:
    return summarise_movement(scores) if what == MOVEMENT else summarise(scores)


def as_markdown(rows: Sequence[Row]) -> str:
    """One table of everything, then students beside their teacher."""
    parts = [as_table(everything(rows), [row.name for row in rows])]
    parts.append("Run by: " + "; ".join(f"{row.name}: {row.backend}" for row in rows) + ".")
    found, steps = ratios(rows), {row.name: row.steps for row in rows}
    if found:
        heads = [f"over {reference(rows).name}", *map(title, HELD)]
        lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
        for name, row in found.items():
            cells = " | ".join(_verdict(metric, row[metric], steps[name]) for metric in HELD)
            lines.append(f"| {name} | {cells} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _verdict(metric: str, ratio: Interval, steps: int) -> str:
    said = {None: "", True: ": met", False: ": not met"}[met(metric, ratio.mean, steps)]
    return f"{ratio.mean:.3f} [{ratio.low:.3f}, {ratio.high:.3f}]{said}"


def as_json(rows: Sequence[Row]) -> dict[str, Any]:
    """Every figure, for programs."""
    systems = {
        row.name: {"backend": row.backend, "ms_per_hop": asdict(row.times)}
        | {k: {m: asdict(v) for m, v in _summed_up(k, s).items()} for k, s in row.scores.items()}
        for row in rows
    }
    steps = {row.name: row.steps for row in rows}
    over = {
        name: {k: asdict(v) | {"met": met(k, v.mean, steps[name])} for k, v in row.items()}
        for name, row in ratios(rows).items()
    }
    made = {"systems": systems, "teacher": reference(rows).name, "ratios": over}
    known: dict[str, Any] = without_nan(made)
    return known


def step_counts(given: Sequence[Sequence[int]], models: int) -> list[Sequence[int]]:
    """Step counts of each model: those given after it, or the only ones given.

    Args:
        given: What each ``--steps`` said.
        models: How many there are.

    Returns:
        One list of step counts per model.

    Raises:
        ConfigError: If models and lists cannot be matched, or a count is below 1.
    """
    lists = list(given) * (models if len(given) == 1 else 1)
    if len(lists) != models or min(min(counts) for counts in lists) < 1:
        raise ConfigError(
            "--steps does not fit the models",
            got=f"{given} for {models} models",
            expected="one --steps after each --model, or one for all; at least 1 step",
        )
    return lists


def main() -> None:
    """Print the tables, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    add_split(parser)
    add_models(parser)
    parser.add_argument("--steps", type=int, nargs="+", action="append", required=True)
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--clips", type=int, help="only the first so many test clips")
    parser.add_argument("--hops", type=int, default=200, help="timed for each row")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    pairs, judged = pairs_to_judge(options.pairs, options.split)
    pairs, judged = pairs.select(np.arange(len(pairs))[: options.clips]), judged[: options.clips]
    batch, reader, rows = batch_of_pairs(pairs, judged), LipReader(), []
    models = named_models(options)
    for model, counts in zip(models, step_counts(options.steps, len(models)), strict=True):
        for steps in counts:
            hop = model.hop(options.profile, steps)
            times = time_hops(hop, 1, options.hops)
            scores = score_system(hop, reader, batch, range(options.samples))
            rows.append(Row(model.name, steps, model.backend(steps), times, scores))
            print(f"done: {rows[-1].name}", file=sys.stderr, flush=True)
    print(as_markdown(rows))
    if options.json:
        options.json.write_text(json.dumps(as_json(rows), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
