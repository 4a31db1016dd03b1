"""What the monitor is worth, as Markdown for people and as JSON for programs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from training.evaluation.intervals import Interval
from training.evaluation.report import as_table, without_nan
from training.sync.systems import SHIPPED
from training.sync.tried import FAULTS, IN_SYNC
from training.sync.worth import Detection, FalseAlarms, LagError, Reliability

_CHANCE = "AUC of windows of two seconds, in sync against faulty: 1 always told, 0.5 never."
_AHEAD = (
    "AUC of the shipped monitor less that of each of the others, bootstrap over the same faces for "
    "both: above 0 the shipped one is better, with 0 inside nobody knows."
)
_SOON = (
    "A fault begins in a stream that was right; share found within two seconds of that, of all and "
    "of those in which at least one of the two seconds is speech; seconds until it is found."
)


@dataclass(frozen=True, slots=True)
class Worth:
    """Of one system on one kind of face.

    Attributes:
        auc: By fault.
        behind: How much higher the shipped monitor's is, by fault, on the same draws of faces.
        lag: Error of the lag.
        reliability: Of the score.
        alarms: Where nothing is wrong.
        detections: By fault that begins.
    """

    auc: dict[str, Interval]
    behind: dict[str, Interval]
    lag: LagError
    reliability: Reliability
    alarms: FalseAlarms
    detections: dict[str, Detection]


@dataclass(frozen=True, slots=True)
class SyncReport:
    """All figures of a run.

    Attributes:
        about: What was evaluated and how.
        worth: By kind of face, then by system.
        corpora: Of the shipped monitor, by corpus of made faces: AUC by fault.
        nothing: Windows that are judged of sounds that nobody says, and alarms, by kind of sound.
    """

    about: dict[str, Any]
    worth: dict[str, dict[str, Worth]]
    corpora: dict[str, dict[str, Interval]]
    nothing: dict[str, tuple[Interval, FalseAlarms]]


def as_json(report: SyncReport) -> dict[str, Any]:
    """For programs; what is not known is null."""
    found: dict[str, Any] = without_nan(asdict(report))
    return found


def as_markdown(report: SyncReport) -> str:
    """For people."""
    parts = ["# The lip-sync monitor against known faults"]
    parts.append("\n".join(f"- {name}: {value}" for name, value in report.about.items()))
    for kind, systems in report.worth.items():
        parts.append(f"## {kind.capitalize()} faces")
        table = {f: {s: w.auc[f] for s, w in systems.items()} for f in FAULTS if f != IN_SYNC}
        parts += [_CHANCE, as_table(table, list(systems))]
        others = [system for system in systems if system != SHIPPED]
        ahead = {f: {s: systems[s].behind[f] for s in others} for f in table}
        parts += [_AHEAD, as_table(ahead, others)] if others else []
        parts += [_lags(systems), _SOON, _detections(systems), _alarms(systems)]
    if report.corpora:
        faults = list(next(iter(report.corpora.values())))
        parts += ["## Made faces by corpus, shipped", as_table(report.corpora, faults)]
    if report.nothing:
        parts += ["## Sounds that nobody says, shipped", _nothing(report.nothing)]
    return "\n\n".join(parts) + "\n"


def _lags(systems: Mapping[str, Worth]) -> str:
    rows = []
    for name, worth in systems.items():
        lag, sure = worth.lag, worth.reliability
        rows.append(
            (
                name, f"{_three(lag.median_ms, 0)} ms", f"{lag.p95_ms:.0f} ms",
                f"{lag.bias_ms:+.0f} ms", f"{sure.error:.3f}", f"{sure.brier:.3f}",
            )
        )  # fmt: skip
    heads = ("", "lag error, median", "p95", "bias", "calibration error", "Brier score")
    return _table(heads, rows)


def _detections(systems: Mapping[str, Worth]) -> str:
    rows = [
        (
            f"{name}, {fault}",
            _three(found.soon),
            _three(found.soon_spoken),
            _seconds(found.median_s),
            _seconds(found.p95_s),
            str(found.soon.clips),
        )
        for name, worth in systems.items()
        for fault, found in worth.detections.items()
    ]
    heads = ("", "within 2 s", "within 2 s, spoken", "median", "p95", "streams")
    return _table(heads, rows)


def _alarms(systems: Mapping[str, Worth]) -> str:
    rows = [(name, *_of_alarms(worth.alarms)) for name, worth in systems.items()]
    return _table(("", "false alarms", "hours", "an hour"), rows)


def _nothing(nothing: Mapping[str, tuple[Interval, FalseAlarms]]) -> str:
    rows = [
        (name, _three(judged), *_of_alarms(alarms)) for name, (judged, alarms) in nothing.items()
    ]
    return _table(("", "windows judged", "alarms", "hours", "an hour"), rows)


def _of_alarms(alarms: FalseAlarms) -> tuple[str, str, str]:
    return str(alarms.count), f"{alarms.hours:.2f}", _three(alarms.per_hour, 1)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _three(interval: Interval, digits: int = 2) -> str:
    if math.isnan(interval.mean):
        return "-"
    mean, low, high = (
        f"{value:.{digits}f}" for value in (interval.mean, interval.low, interval.high)
    )
    return f"{mean} [{low}, {high}]"


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if math.isfinite(value) else "never"
