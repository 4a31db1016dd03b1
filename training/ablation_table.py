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

from training.ablation import CONTROL, VARIANTS
from training.data.splits import SPLITS

_WORDS, _LARGE = "_words", 20.0
COLUMNS = {
    "lip PCC": ("one sample", "lip_pcc"),
    "mean of 10": ("mean of 10", "lip_pcc"),
    "best of 10": ("best of 10", "lip_pcc"),
    "lip CCC": ("one sample", "lip_ccc"),
    "gap PCC": ("one sample", "gap_pcc"),
    "width PCC": ("one sample", "width_pcc"),
    "LVE mm": ("one sample", "lve_mm"),
    "DTW mm": ("one sample", "dtw_mm"),
    "MTM ms": ("one sample", "mtm_ms"),
    "upper-face diversity mm": ("movement", "upper_diversity_mm"),
    "lip diversity mm": ("movement", "lip_diversity_mm"),
    "judge's unit error": ("judge", "unit_error"),
}
"""Column: row of the scores, metric; every metric also with ``_words`` behind."""

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
    return {split: dict(rows) for split, rows in runs.items()}


def value(scores: dict[str, Any], column: str, words: bool = False) -> float:
    """One figure of one run, inside words only if so wanted; NaN where it was not measured."""
    row, metric = COLUMNS[column]
    return float(scores.get(row, {}).get(metric + _WORDS * words, np.nan))


def control_of(variant: str) -> str:
    """`Variant.control`; for a row that is no variant, such as ridge, the plain one."""
    return VARIANTS[variant].control if variant in VARIANTS else CONTROL


def shared_seeds(runs: Runs, variant: str) -> list[int]:
    """Seeds that a variant and its control were both run with."""
    return sorted(runs[variant].keys() & runs.get(control_of(variant), {}).keys())


def gain(
    runs: Runs, variant: str, column: str, words: bool = False, relative: bool = False
) -> Gain:
    """Difference of a variant to its control.

    Args:
        runs: Of one split.
        variant: Its name.
        column: One of `COLUMNS`.
        words: Inside words only.
        relative: As a share of the control's value.

    Returns:
        Mean and spread over the seeds that both have.
    """
    control = control_of(variant)
    seeds = shared_seeds(runs, variant)
    here, there = (
        np.array([value(runs[name][seed], column, words) for seed in seeds])
        for name in (variant, control)
    )
    apart = (here - there) / there if relative else here - there
    spread = float(apart.std(ddof=1)) if len(apart) > 1 else float("nan")
    return Gain(float(apart.mean()), spread, len(seeds))


def table(runs: Runs, words: bool = False) -> str:
    """Markdown table of one split: mean over seeds, and their standard deviation.

    Args:
        runs: Of one split.
        words: Inside the words that are judged only, else over whole clips.

    Returns:
        A line a variant; a hyphen where nothing was measured.
    """
    lines = ["| | seeds | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 2) + "|"]
    for variant, seeds in runs.items():
        cells = [_cell([value(s, column, words) for s in seeds.values()]) for column in COLUMNS]
        lines.append(f"| {variant} | {len(seeds)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(values: list[float]) -> str:
    if np.isnan(values).any():
        return "-"
    mean = float(np.mean(values))
    digits = 0 if mean >= _LARGE else 3
    spread = f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else ""
    return f"{mean:.{digits}f}{spread}"


def verdicts(runs: Runs) -> list[str]:
    """Each variant against the bar: lip PCC +.05, upper-face diversity at most 5 % lower."""
    lines = []
    for variant in runs:
        control = control_of(variant)
        if variant == control or not shared_seeds(runs, variant):
            continue
        lips, words = (gain(runs, variant, "lip PCC", of) for of in (False, True))
        upper = gain(runs, variant, "upper-face diversity mm", relative=True)
        met = max(lips.mean - lips.spread, words.mean - words.spread) >= 0.05
        kept = upper.mean >= -0.05
        lines.append(
            f"{variant}: lip PCC {lips.mean:+.3f} ± {lips.spread:.3f}, words {words.mean:+.3f} "
            f"± {words.spread:.3f}, upper-face diversity {100 * upper.mean:+.1f} % "
            f"({lips.seeds} seeds): bar {'met' if met and kept else 'not met'}"
        )
    return lines


def ear_table(path: Path) -> str:
    """Markdown table of what each critic hears in the real faces of its split's test clips.

    Args:
        path: ``ears.jsonl`` of the ablation.

    Returns:
        A line a critic, and one a split for chance: always the commonest unit and the mean mel.
    """
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lines = {_heard(row["split"], row["ear"], row["real"]) for row in rows}
    lines |= {_heard(row["split"], "chance", row["chance"]) for row in rows}  # alike in a split
    head = ["| split | | unit error | words | mel L1 | words |", "|---" * 6 + "|"]
    return "\n".join([*head, *sorted(lines)])


def _heard(split: str, name: str, errors: dict[str, float]) -> str:
    keys = ("unit_error", "unit_error_words", "mel_l1", "mel_l1_words")
    return f"| {split} | {name} | " + " | ".join(f"{errors[key]:.3f}" for key in keys) + " |"


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of training.ablation")
    options = parser.parse_args()
    print(f"### What the critics hear in recorded faces\n\n{ear_table(options.out / 'ears.jsonl')}")
    runs = read_runs(options.out / "results.jsonl")
    for split in (name for name in SPLITS if name in runs):
        print(f"\n### {split}\n\nWhole clips:\n\n{table(runs[split])}\n")
        print(f"Inside the judged words only:\n\n{table(runs[split], words=True)}\n")
        print("\n".join(f"- {line}" for line in verdicts(runs[split])))


if __name__ == "__main__":
    main()
