"""The ablation's results as tables: mean and spread over seeds, gain over the control.

python -m training.ablation_table --out runs/ablation
"""

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.data.splits import SPLITS

CONTROL = "no M2S"
COLUMNS = {
    "lip PCC": ("one sample", "lip_pcc"),
    "words": ("one sample", "lip_pcc_words"),
    "gap": ("one sample", "gap_pcc"),
    "width": ("one sample", "width_pcc"),
    "CCC": ("one sample", "lip_ccc"),
    "LVE mm": ("one sample", "lve_mm"),
    "DTW mm": ("one sample", "dtw_mm"),
    "MTM ms, words": ("one sample", "mtm_ms_words"),
    "upper diversity": ("movement", "upper_diversity_mm"),
    "lip diversity": ("movement", "lip_diversity_mm"),
    "judge's unit error, words": ("judge", "unit_error_words"),
    "mean of 10: lip PCC": ("mean of 10", "lip_pcc"),
    "best of 10: lip PCC": ("best of 10", "lip_pcc"),
}
"""Column: row of the scores, metric."""

Runs = dict[str, dict[int, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Gain:
    """How a variant differs from the control, over the seeds both have.

    Attributes:
        mean: Mean of the differences seed by seed.
        spread: Their standard deviation; NaN for one seed.
        seeds: How many.
    """

    mean: float
    spread: float
    seeds: int


def read_runs(path: Path) -> dict[str, Runs]:
    """Scores by split, variant and seed."""
    runs: dict[str, Runs] = defaultdict(lambda: defaultdict(dict))
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        runs[row["split"]][row["variant"]][row["seed"]] = row["scores"]
    return runs


def value(scores: dict[str, Any], column: str) -> float:
    """One figure of one run; NaN where it was not measured."""
    row, metric = COLUMNS[column]
    return float(scores.get(row, {}).get(metric, np.nan))


def gain(runs: Runs, variant: str, column: str, relative: bool = False) -> Gain:
    """Difference of a variant to the control.

    Args:
        runs: Of one split.
        variant: Its name.
        column: One of `COLUMNS`.
        relative: As a share of the control's value.

    Returns:
        Mean and spread over the seeds that both have.
    """
    seeds = sorted(set(runs[variant]) & set(runs[CONTROL]))
    here, there = (
        np.array([value(runs[name][seed], column) for seed in seeds]) for name in (variant, CONTROL)
    )
    apart = (here - there) / there if relative else here - there
    spread = float(apart.std(ddof=1)) if len(apart) > 1 else float("nan")
    return Gain(float(apart.mean()), spread, len(seeds))


def table(runs: Runs) -> str:
    """Markdown table of one split."""
    lines = ["| | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    for variant, seeds in runs.items():
        cells = []
        for column in COLUMNS:
            values = np.array([value(scores, column) for scores in seeds.values()])
            spread = f" ± {values.std(ddof=1):.3f}" if len(values) > 1 else ""
            cells.append(f"{values.mean():.3f}{spread}")
        lines.append(f"| {variant} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def verdicts(runs: Runs) -> list[str]:
    """Each variant against the bar: lip PCC +.05, upper-face diversity at most 5 % lower."""
    lines = []
    for variant in runs:
        if variant == CONTROL or not set(runs[variant]) & set(runs[CONTROL]):
            continue
        lips, words = (gain(runs, variant, column) for column in ("lip PCC", "words"))
        upper = gain(runs, variant, "upper diversity", relative=True)
        met = max(lips.mean - lips.spread, words.mean - words.spread) >= 0.05
        kept = upper.mean >= -0.05
        lines.append(
            f"{variant}: lip PCC {lips.mean:+.3f} ± {lips.spread:.3f}, words {words.mean:+.3f} "
            f"± {words.spread:.3f}, upper-face diversity {100 * upper.mean:+.1f} % "
            f"({lips.seeds} seeds): bar {'met' if met and kept else 'not met'}"
        )
    return lines


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of training.ablation")
    options = parser.parse_args()
    runs = read_runs(options.out / "results.jsonl")
    for split in (name for name in SPLITS if name in runs):
        print(f"\n### {split}\n\n{table(runs[split])}\n")
        print("\n".join(f"- {line}" for line in verdicts(runs[split])))


if __name__ == "__main__":
    main()
