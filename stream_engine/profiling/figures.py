"""Spans and waits to figures: shares of time, percentiles, histograms, blocks for comparison."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_engine.telemetry.spans import Span, Wait

F64 = NDArray[np.float64]

COLD_NS = 1_000_000_000
"""The first second of talk, told apart: everything is touched for the first time."""

BLOCK_NS = 500_000_000
"""What is compared is drawn in blocks so long: what comes together stays together."""

SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}

STAGES: dict[str, str] = {
    "jitter buffer": "packets of the voice put in order",
    "capture": "a decoded packet mixed down and put where its time says",
    "resample": "48 kHz to the 16 kHz the model hears",
    "features": "log-mel of the newest hop",
    "noise": "start noise of the window",
    "encoder": "speech encoder",
    "generator": "sampler: commit of the last hop, and every step",
    "blend": "overlap of two windows, washout, limits",
    "expression": "emotion, style, silence, idle life",
    "hop": "the rest of a hop: states taken out and put back",
    "mesh": "blend shapes to vertices and normals",
    "render": "drawing, until it is done",
    "read-back": "the picture into memory",
    "picture": "the picture handed to the track",
    "encode": "colours converted, VP8",
    "send": "a packet encrypted and sent, voice or face",
    "voice": "20 ms of the voice taken out and handed to the track",
}
"""Every stage in the order of the flow, and what it does."""

WAITS: dict[str, str] = {
    "jitter buffer": "a packet for older ones",
    "engine": "heard speech for its turn in the engine",
    "painter": "final motion for the painter, so that its picture is ready just in time",
    "playout": "a picture for its release",
    "arrival to release": "all in all: from a frame's first sample to its release",
}
"""Every wait and what waits for what."""

RECKONING = ("resample", "features", "noise", "blend", "expression", "mesh")
"""Stages that wait for nothing: no device, no other thread, no lock."""

_EDGES_MS = np.round(10.0 ** np.arange(-3.0, 3.01, 0.1), 7)
"""Ends of the histograms' bars: ten for each power of ten."""


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of ``time.monotonic_ns``."""

    began_ns: int
    ended_ns: int

    @property
    def warm(self) -> "Period":
        """What is left without the first second."""
        return Period(self.began_ns + COLD_NS, self.ended_ns)

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.ended_ns - self.began_ns) / 1e9


@dataclass(frozen=True, slots=True)
class Figures:
    """One stage or wait.

    Attributes:
        name: Which.
        kind: ``work`` (a stage's own wall time), ``cpu`` (the processor time in it), ``device``
            (what a device says of it) or ``wait``.
        calls: How many in the warm part.
        ms: p50, p95, p99, p99.9, mean and max, milliseconds.
        cpu_ms: Mean processor time of the thread itself; None where it is not known.
        share: Sum of all calls over the warm part's length, 1 being one thread all the time.
        size: Mean of sessions, samples or bytes in a call.
        cold: Calls and the longest of the first second, milliseconds.
        histogram: Ends of the bars (one more than bars) and calls in each.
        blocks: Milliseconds of every call, in blocks of half a second.
    """

    name: str
    kind: str
    calls: int
    ms: dict[str, float]
    cpu_ms: float | None
    share: float
    size: float
    cold: dict[str, float]
    histogram: dict[str, list[float]]
    blocks: list[list[float]]


@dataclass(slots=True)
class _Column:
    """What is known of each call."""

    start_ns: list[int]
    ms: list[float]
    cpu_ms: list[float]
    size: list[int]


def measure(spans: Sequence[Span], waits: Sequence[Wait], period: Period) -> list[Figures]:
    """Work out the figures of a run.

    Args:
        spans: Work.
        waits: Media that lay still.
        period: From the moment when everybody talked; its first second is cold.

    Returns:
        Stages by wall, processor and device, then waits, each in the order of the flow; what never
        happened is left out.
    """
    work: dict[str, _Column] = defaultdict(lambda: _Column([], [], [], []))
    cpu: dict[str, _Column] = defaultdict(lambda: _Column([], [], [], []))
    device: dict[str, _Column] = defaultdict(lambda: _Column([], [], [], []))
    still: dict[str, _Column] = defaultdict(lambda: _Column([], [], [], []))
    for span in spans:
        cpu_ms = span.cpu_ns / 1e6 if span.cpu_ns >= 0 else np.nan
        _note(work[span.stage], span.start_ns, span.own_ns / 1e6, cpu_ms, span.size)
        if span.cpu_ns >= 0:
            _note(cpu[span.stage], span.start_ns, cpu_ms, cpu_ms, span.size)
        if span.device_ms:
            total = sum(ms for _, ms in span.device_ms)
            _note(device[span.stage], span.start_ns, total, np.nan, span.size)
    for wait in waits:
        if wait.pts is None or wait.pts >= 0:  # the face at rest, drawn before anybody speaks
            _note(still[wait.name], wait.end_ns, (wait.end_ns - wait.start_ns) / 1e6, np.nan, 0)
    return [
        *_rows("work", work, STAGES, period),
        *_rows("cpu", cpu, STAGES, period),
        *_rows("device", device, STAGES, period),
        *_rows("wait", still, WAITS, period),
    ]


def held_up(figures: Iterable[Figures]) -> float:
    """Say which share of their time stages that only reckon were not on a processor.

    Other threads and other programs had it then: two runs in which this differs say little about
    each other's wall time.
    """
    rows = [row for row in figures if row.kind == "work" and row.name in RECKONING and row.calls]
    wall = sum(row.calls * row.ms["mean"] for row in rows)
    used = sum(row.calls * (row.cpu_ms or 0.0) for row in rows)
    return 1.0 - used / wall if wall else 0.0


def of_kind(figures: Iterable[Any], kind: str) -> dict[str, Any]:
    """Pick figures (dicts, as in a report) of one kind, by name."""
    return {row["name"]: row for row in figures if row["kind"] == kind}


def _note(column: _Column, start_ns: int, ms: float, cpu_ms: float, size: int) -> None:
    column.start_ns.append(start_ns)
    column.ms.append(ms)
    column.cpu_ms.append(cpu_ms)
    column.size.append(size)


def _rows(
    kind: str, columns: dict[str, _Column], order: Iterable[str], period: Period
) -> list[Figures]:
    names = [*(name for name in order if name in columns), *sorted(set(columns) - set(order))]
    return [_figures(name, kind, columns[name], period) for name in names]


def _figures(name: str, kind: str, column: _Column, period: Period) -> Figures:
    start, ms = np.array(column.start_ns), np.array(column.ms)
    cpu, size = np.array(column.cpu_ms), np.array(column.size)
    warm = (start >= period.warm.began_ns) & (start < period.ended_ns)
    cold = (start >= period.began_ns) & (start < period.warm.began_ns)
    known = warm & np.isfinite(cpu)
    return Figures(
        name=name,
        kind=kind,
        calls=int(warm.sum()),
        ms=percentiles(ms[warm]),
        cpu_ms=float(cpu[known].mean()) if known.any() else None,
        share=float(ms[warm].sum() / 1000.0 / max(period.warm.seconds, 1e-9)),
        size=float(size[warm].mean()) if warm.any() else 0.0,
        cold={"calls": int(cold.sum()), "max": float(ms[cold].max(initial=0.0))},
        histogram=histogram(ms[warm]),
        blocks=_blocks(start[warm] - period.warm.began_ns, ms[warm], period.warm),
    )


def percentiles(ms: F64) -> dict[str, float]:
    """Say p50, p95, p99, p99.9, mean and max; nothing of nothing."""
    if not len(ms):
        return {}
    found = {name: float(np.quantile(ms, share)) for name, share in SHARES.items()}
    return found | {"mean": float(ms.mean()), "max": float(ms.max())}


def histogram(ms: F64) -> dict[str, list[float]]:
    """Count values by size, ten bars for each power of ten, without empty ones at the ends."""
    if not len(ms):
        return {"edges_ms": [], "calls": []}
    counts, _ = np.histogram(np.clip(ms, _EDGES_MS[0], _EDGES_MS[-1]), _EDGES_MS)
    used = np.flatnonzero(counts)
    first, last = int(used[0]), int(used[-1]) + 1
    return {"edges_ms": _EDGES_MS[first : last + 1].tolist(), "calls": counts[first:last].tolist()}


def _blocks(since_ns: NDArray[np.int64], ms: F64, warm: Period) -> list[list[float]]:
    """Whole blocks of half a second only."""
    number = since_ns // BLOCK_NS
    whole = (warm.ended_ns - warm.began_ns) // BLOCK_NS
    return [np.round(ms[number == block], 4).tolist() for block in range(whole)]
