"""Scores as Markdown for people and as JSON for programs."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from training.evaluation.intervals import Interval, correlation, paired_gain, summarise
from training.evaluation.metrics import LIP_METRICS, ClipScores
from training.evaluation.scoring import ScoreSheet, ridge_row
from training.evaluation.second_ear import HEARING_METRICS, OTHER_FACE, RECORDED_FACE
from training.evaluation.systems import System

_TITLES = {
    "gap_pcc": "gap PCC", "width_pcc": "width PCC", "lip_pcc": "lip PCC",
    "gap_ccc": "gap CCC", "width_ccc": "width CCC", "lip_ccc": "lip CCC",
    "lve_mm": "LVE mm", "dtw_mm": "DTW mm", "mod_mm": "MOD mm", "mtm_ms": "MTM ms",
    "fdd_mm2": "FDD mm²", "lip_diversity_mm": "lip diversity mm",
    "upper_diversity_mm": "upper-face diversity mm", "silence_mm": "lip-gap spread in silence mm",
    "speed": "speed per frame", "join_jump": "join jump", "slcc": "SLCC",
    "unit_error": "unit error", "mel_l1": "mel L1",
}  # fmt: skip
_MOVEMENT = (
    "fdd_mm2", "fdd_mm2_words", "upper_diversity_mm", "upper_diversity_mm_words",
    "lip_diversity_mm", "lip_diversity_mm_words", "slcc", "silence_mm", "speed", "speed_words",
    "join_jump",
)  # fmt: skip
_HEARING = tuple(name + ending for ending in ("", "_words") for name in HEARING_METRICS)
_WORDS, _UNKNOWN = "_words", "-"
_ONE = 1.0005  # what still reads as 1.000
_HEARD = (
    "Errors: lower is better; of each system, the first sample. A made face that is heard better "
    "than the recorded one is a warning, not a success (docs/evaluate.md)."
)

Table = dict[str, dict[str, Interval]]
"""Interval by metric by row."""


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a run.

    Attributes:
        about: What was scored and how, by name.
        notes: Sentences a reader must see above the figures.
        lips: Lip scores by row.
        movement: Movement by system, and of the recording.
        gains: Paired differences by what is compared.
        hearing: What a second mesh-to-speech hears in each face, by row.
        hearing_gains: Paired differences of that.
    """

    about: dict[str, Any]
    notes: list[str]
    lips: Table
    movement: Table
    gains: Table
    hearing: Table
    hearing_gains: Table


def make_report(
    sheet: ScoreSheet,
    systems: Sequence[System],
    about: dict[str, Any],
    notes: list[str],
) -> Report:
    """Take means, intervals and paired differences.

    Args:
        sheet: Scores clip by clip.
        systems: What was scored; the first is what others are compared with.
        about: What was scored and how.
        notes: Sentences to print above the figures.

    Returns:
        The report.
    """
    lips = {row: summarise(scores) for row, scores in sheet.lips.items()}
    movement = {row: summarise_movement(scores) for row, scores in sheet.movement.items()}
    first, *others = systems
    single = sheet.lips[f"{first.name}: one sample"]
    gains = {
        f"{first.name} less {row}": paired_gain(single, sheet.lips[row])
        for row in [ridge_row(first.window.lookahead_frames)]
    }
    for other in others:
        scores = sheet.lips[f"{other.name}: one sample"]
        gains[f"{other.name} less {first.name}"] = paired_gain(scores, single)
    hearing = {row: summarise(scores) for row, scores in sheet.hearing.items()}
    return Report(about, notes, lips, movement, gains, hearing, _hearing_gains(sheet, systems))


def _hearing_gains(sheet: ScoreSheet, systems: Sequence[System]) -> Table:
    """Every system against the recorded face and the floor; the first against ridge, others."""
    heard, names = sheet.hearing, [system.name for system in systems]
    against = [(name, row) for row in (RECORDED_FACE, OTHER_FACE) for name in names]
    against.append((names[0], ridge_row(systems[0].window.lookahead_frames)))
    against += [(name, names[0]) for name in names[1:]]
    return {
        f"{name} less {row}": paired_gain(heard[name], heard[row])
        for name, row in against
        if row in heard
    }


def as_markdown(report: Report) -> str:
    """The report for people."""
    judged = report.about["words"]
    words = f"only the words {', '.join(judged)}" if judged else "inside words only"
    parts = ["# Faces against recordings", *(f"**{note}**" for note in report.notes)]
    about = {name: value for name, value in report.about.items() if name != "systems"}
    parts.append("\n".join(f"- {name}: {_said(value)}" for name, value in about.items()))
    parts += ["## Lips, whole clips", as_table(report.lips, LIP_METRICS)]
    inside = [name + _WORDS for name in LIP_METRICS]
    parts += [f"## Lips, {words}", as_table(report.lips, inside)]
    parts += ["## Movement", as_table(_turned(report.movement), list(report.movement))]
    parts += ["## Paired differences, one sample, whole clips", as_table(report.gains, LIP_METRICS)]
    parts += [f"## Paired differences, one sample, {words}", as_table(report.gains, inside)]
    parts += ["## What a second mesh-to-speech hears", _HEARD, as_table(report.hearing, _HEARING)]
    parts += ["### Paired differences", as_table(report.hearing_gains, _HEARING)]
    return "\n\n".join(parts) + "\n"


def as_json(report: Report) -> dict[str, Any]:
    """The report for programs; what is not known is null."""
    known: dict[str, Any] = without_nan(asdict(report))
    return known


def summarise_movement(scores: ClipScores) -> dict[str, Interval]:
    """Means and intervals of movement, SLCC among them, in the order they are shown."""
    found = summarise(scores)
    if "loudness" in scores:
        found["slcc"] = correlation(scores["loudness"], scores["gap_spread_mm"])
    return {name: found[name] for name in _MOVEMENT if name in found}


def _turned(table: Table) -> Table:
    """Rows for columns; the recording last."""
    metrics = [name for name in _MOVEMENT if any(name in row for row in table.values())]
    return {
        title(metric): {row: values[metric] for row, values in table.items() if metric in values}
        for metric in metrics
    }


def as_table(table: Table, columns: Sequence[str]) -> str:
    """Markdown of means and intervals.

    Args:
        table: Interval by metric by row.
        columns: Metrics to show, in order.

    Returns:
        One line a row; a hyphen where a row has no such metric.
    """
    heads = [title(column) for column in columns]
    lines = ["| | " + " | ".join(heads) + " |", "|---" * (len(heads) + 1) + "|"]
    for row, values in table.items():
        cells = [_cell(values[column]) if column in values else _UNKNOWN for column in columns]
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(interval: Interval) -> str:
    if math.isnan(interval.mean):
        return _UNKNOWN
    size = max(abs(interval.mean), abs(interval.low), abs(interval.high))
    digits = 3 if not size > _ONE else 2 if size < 10 else 0
    # Plus 0.0: a rounded -0.0001 is not to read as a negative figure.
    mean, low, high = (
        f"{round(value, digits) + 0.0:.{digits}f}"
        for value in (interval.mean, interval.low, interval.high)
    )
    return mean if math.isnan(interval.low) else f"{mean} [{low}, {high}]"


def title(metric: str) -> str:
    """What tables call a metric."""
    plain = metric.removesuffix(_WORDS)
    name = _TITLES.get(plain, plain)
    whole_and_words = metric in _MOVEMENT or metric in _HEARING
    return f"{name}, words" if whole_and_words and metric != plain else name


def _said(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_said(part)}" for name, part in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value) or "all"
    return str(value)


def without_nan(value: Any) -> Any:
    """The same value with None for every number that JSON does not have."""
    if isinstance(value, dict):
        return {key: without_nan(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
