"""Spans and waits as a Chrome trace, for ui.perfetto.dev or chrome://tracing."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from stream_engine.telemetry.spans import Span, Wait

_PROCESS = 1


def trace_events(spans: Sequence[Span], waits: Sequence[Wait]) -> list[dict[str, Any]]:
    """List the events: a row for each thread, and as many for each wait as lie side by side.

    Args:
        spans: Work.
        waits: Media that lay still.

    Returns:
        Events of Chrome's trace format: ``M`` (names) and ``X`` (complete), in order of time;
        times are microseconds since the first.
    """
    starts = [*(span.start_ns for span in spans), *(wait.start_ns for wait in waits)]
    origin = min(starts, default=0)
    rows: dict[str, int] = {}
    events = [_span_event(span, origin, rows) for span in spans]
    events += _wait_events(waits, origin, rows)
    named = [_name("process_name", "elocute", 0), *(_name("thread_name", *r) for r in rows.items())]
    return named + sorted(events, key=lambda event: (event["ts"], -event["dur"]))


def _name(kind: str, name: str, row: int) -> dict[str, Any]:
    about = {"ph": "M", "name": kind, "ts": 0, "dur": 0, "pid": _PROCESS, "tid": row}
    return about | {"args": {"name": name}}


def _event(name: str, row: int, start_ns: int, end_ns: int) -> dict[str, Any]:
    times = {"ts": start_ns / 1000.0, "dur": (end_ns - start_ns) / 1000.0}
    return {"ph": "X", "name": name, **times, "pid": _PROCESS, "tid": row}


def _span_event(span: Span, origin: int, rows: dict[str, int]) -> dict[str, Any]:
    row = rows.setdefault(span.thread, len(rows) + 1)
    event = _event(span.stage, row, span.start_ns - origin, span.end_ns - origin)
    args: dict[str, Any] = {"size": span.size} if span.size else {}
    args |= {} if span.pts is None else {"pts": span.pts}
    args |= {f"device {name} ms": ms for name, ms in span.device_ms}
    return event | {"cat": "work", "args": args}


def _wait_events(
    waits: Iterable[Wait], origin: int, rows: dict[str, int]
) -> Iterable[dict[str, Any]]:
    """Waits overlap, which a row must not: each takes the row that has been free longest."""
    free: dict[str, list[tuple[int, int]]] = defaultdict(list)
    taken: dict[str, int] = defaultdict(int)
    for wait in sorted(waits, key=lambda item: item.start_ns):
        if free[wait.name] and free[wait.name][0][0] <= wait.start_ns:
            _, number = heapq.heappop(free[wait.name])
        else:
            taken[wait.name] += 1
            number = taken[wait.name]
        heapq.heappush(free[wait.name], (wait.end_ns, number))
        name = f"waits: {wait.name}" + (f" {number}" if number > 1 else "")
        row = rows.setdefault(name, len(rows) + 1)
        event = _event(wait.name, row, wait.start_ns - origin, wait.end_ns - origin)
        yield event | {"cat": "wait", "args": {} if wait.pts is None else {"pts": wait.pts}}
