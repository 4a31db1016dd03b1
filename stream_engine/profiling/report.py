"""What a run comes to: figures as plain data, as lines on a terminal, as files."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stream_engine.errors import ConfigError
from stream_engine.profiling.compare import Change
from stream_engine.profiling.figures import (
    SHARES,
    Figures,
    Period,
    held_up,
    measure,
    of_kind,
    percentiles,
)
from stream_engine.profiling.page import render_page
from stream_engine.profiling.timeline import typical_frame
from stream_engine.profiling.trace import trace_events
from stream_engine.telemetry.spans import Recorder

_NAME = 20
_TITLES = {"work": "stage, ms", "device": "on the device, ms", "wait": "wait, ms"}


@dataclass(frozen=True, slots=True)
class Run:
    """What was measured, before anything is worked out.

    Attributes:
        recorder: Spans and waits.
        period: When everybody talked.
        pictures: Received by the caller in that time.
        counts: What was counted.
    """

    recorder: Recorder
    period: Period
    pictures: int
    counts: Mapping[str, float]


def figures_of(made: Run) -> dict[str, Any]:
    """Work out the part of a report that comes from a run alone.

    Args:
        made: The run.

    Returns:
        Plain data: ``held_up``, ``seconds``, ``counts``, ``summary``, ``notes``, ``figures`` and
        ``typical_frame``.
    """
    spans, waits = made.recorder.spans(), made.recorder.waits()
    figures = measure(spans, waits, made.period)
    segments, totals = typical_frame(spans, waits, made.period)
    lost = made.recorder.lost
    return {
        "held_up": round(held_up(figures), 3),
        "seconds": {"cold": made.period.seconds - made.period.warm.seconds}
        | {"warm": round(made.period.warm.seconds, 3)},
        "counts": dict(made.counts),
        "summary": _summary(made, figures, totals),
        "notes": [f"{lost} records were dropped: there were too many"] if lost else [],
        "figures": [dataclasses.asdict(row) for row in figures],
        "typical_frame": {
            "segments": [dataclasses.asdict(segment) for segment in segments],
            "frames": len(totals),
        },
    }


def _summary(made: Run, figures: Sequence[Figures], totals: Sequence[float]) -> dict[str, float]:
    """The few figures that stand at the top."""
    found = {}
    if totals:
        times = percentiles(np.array(totals))
        found["ms arrival to sent, p50"] = round(times["p50"], 1)
        found["ms arrival to sent, p99"] = round(times["p99"], 1)
        found["pictures received a second"] = round(made.pictures / made.period.seconds, 1)
    busy = sum(row.share for row in figures if row.kind == "work")
    found["threads busy"] = round(busy, 2)
    found["% off the processor"] = round(100.0 * held_up(figures))
    return found


def figure_lines(report: dict[str, Any]) -> list[str]:
    """Write stages, waits, steps and summary as lines for a terminal."""
    lines = []
    for kind, title in _TITLES.items():
        rows = of_kind(report["figures"], kind)
        if rows:
            heads = " ".join(f"{name:>8}" for name in (*SHARES, "mean"))
            lines += ["", f"{title:<{_NAME}}  calls {heads}" + "  share" * (kind == "work")]
        for name, row in rows.items():
            times = " ".join(f"{row['ms'].get(key, 0):8.3f}" for key in (*SHARES, "mean"))
            share = f" {100 * row['share']:5.1f} %" if kind == "work" else ""
            lines.append(f"{name:<{_NAME}} {row['calls']:6d} {times}{share}")
    steps = report["steps"]
    lines += ["", "generator by step, ms" if "rows" in steps else f"no steps: {steps['missing']}"]
    for name, cost in steps.get("rows", {}).items():
        lines.append(
            f"{name:<{_NAME + 6}} {cost['ms']:8.3f} [{cost['low']:.3f}, {cost['high']:.3f}]"
        )
    return [*lines, "", *(f"{value:g} {name}" for name, value in report["summary"].items())]


def change_lines(changes: Sequence[Change], warnings: Sequence[str]) -> list[str]:
    """Write a comparison as lines for a terminal."""
    lines = ["", *warnings, f"{'against before':<{_NAME}}           ratio  interval"]
    for change in changes:
        interval = f"[{change.low:.2f}, {change.high:.2f}]"
        numbers = f"{change.ratio:6.2f}  {interval:<14}"
        lines.append(f"{change.name:<{_NAME}} {change.kind:<8} {numbers} {change.verdict}")
    return lines


def write_report(folder: Path, report: dict[str, Any], recorder: Recorder) -> None:
    """Write ``report.json``, ``trace.json`` and ``report.html``.

    Args:
        folder: Where; it is there.
        report: The whole of it.
        recorder: For the trace.

    Raises:
        ConfigError: If a file cannot be written.
    """
    trace = {"traceEvents": trace_events(recorder.spans(), recorder.waits())}
    texts = {
        "report.json": json.dumps(report, indent=1, allow_nan=False),
        "trace.json": json.dumps(trace, allow_nan=False),
        "report.html": render_page(report),
    }
    try:
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError("--out cannot be written", got=f"{folder}: {error}") from error
