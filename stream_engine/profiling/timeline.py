"""One picture followed from the microphone's packet to the last of its own packets."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from stream_engine.profiling.figures import Period
from stream_engine.telemetry.spans import Span, Wait

HOP_PARTS = ("features", "noise", "encoder", "generator", "blend", "expression")
DRAWING = ("mesh", "render", "read-back")

ROUNDING_NS = 1000
"""Marks made in seconds are rounded to about so much."""

MATCH_NS = 100_000_000
"""What belongs to a picture begins at most so long after what came before it."""


Timed = TypeVar("Timed", Span, Wait)


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a picture's way.

    Attributes:
        name: A stage, or what it waited for.
        kind: ``work`` or ``wait``.
        start_ms: Since the arrival of the frame's first sample.
        end_ms: The same of its end.
    """

    name: str
    kind: str
    start_ms: float
    end_ms: float


class _Index:
    """Spans by stage, found by time."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._by_stage: dict[str, list[Span]] = defaultdict(list)
        for span in spans:
            self._by_stage[span.stage].append(span)
        self._starts = {
            stage: [span.start_ns for span in rows] for stage, rows in self._by_stage.items()
        }

    def within(self, stage: str, start_ns: int, end_ns: int) -> list[Span]:
        """Those that lie inside, in order."""
        starts = self._starts.get(stage, [])
        low, high = bisect_left(starts, start_ns), bisect_right(starts, end_ns)
        return [span for span in self._by_stage[stage][low:high] if span.end_ns <= end_ns]

    def of_picture(self, stage: str, since_ns: int, pts: int) -> list[Span]:
        """Those of a media time that begin soon after."""
        starts = self._starts.get(stage, [])
        low, high = bisect_left(starts, since_ns), bisect_right(starts, since_ns + MATCH_NS)
        return [span for span in self._by_stage[stage][low:high] if span.pts == pts]


@dataclass(frozen=True, slots=True)
class _Way:
    """When a picture passed what everything else is found by."""

    arrived_ns: int
    heard_ns: int
    hop: Span
    begun_ns: int
    drawn_ns: int
    released_ns: int
    pts: int


def typical_frame(
    spans: Sequence[Span], waits: Sequence[Wait], period: Period
) -> tuple[list[Segment], list[float]]:
    """Follow every warm picture, show the one that took as long as the median.

    Args:
        spans: Work.
        waits: Media that lay still.
        period: Of the run; its first second is left out.

    Returns:
        Its segments in order, and from arrival to sent of all pictures followed, ms.
    """
    index = _Index(spans)
    ways = _ways([span for span in spans if span.stage == "hop"], waits, period)
    followed = [segments for way in ways if (segments := _segments(way, index))]
    if not followed:
        return [], []
    totals = [segments[-1].end_ms for segments in followed]
    typical = int(np.argsort(totals)[len(totals) // 2])
    return followed[typical], totals


def _ways(hops: Sequence[Span], waits: Sequence[Wait], period: Period) -> list[_Way]:
    """Whole ways: engine, painter, playout and the whole of each picture put together."""
    playout = {(w.end_ns, w.pts): w for w in waits if w.name == "playout"}
    painters: dict[int | None, list[Wait]] = defaultdict(list)
    engine: dict[str, list[Wait]] = defaultdict(list)
    for wait in waits:
        if wait.name == "painter":
            painters[wait.pts].append(wait)
        if wait.name == "engine":
            engine[wait.thread].append(wait)
    hops = sorted(hops, key=lambda span: span.end_ns)
    found = []
    for whole in waits:
        key = (whole.end_ns, whole.pts)
        warm = period.warm.began_ns <= whole.end_ns < period.ended_ns
        if whole.name != "arrival to release" or not warm or key not in playout:
            continue
        drawn_ns = playout[key].start_ns
        painted = [w for w in painters[whole.pts] if w.end_ns <= drawn_ns]
        if not painted:
            continue
        painter = max(painted, key=lambda w: w.end_ns)
        hop = _last(hops, painter.start_ns + ROUNDING_NS)
        heard = _last(engine[hop.thread], hop.start_ns) if hop else None
        if hop and heard and whole.pts is not None:
            marks = (whole.start_ns, heard.start_ns, hop, painter.end_ns)
            found.append(_Way(*marks, drawn_ns, whole.end_ns, whole.pts))
    return found


def _last(rows: Sequence[Timed], until_ns: int) -> Timed | None:
    """The last that ended by then, of rows in order of their ends."""
    at = bisect_right(rows, until_ns, key=lambda row: row.end_ns) - 1
    return rows[at] if at >= 0 else None


def _segments(way: _Way, index: _Index) -> list[Segment]:
    """What filled the way; empty if a part of it was not recorded."""
    hop, drawn_ns = way.hop, way.drawn_ns + ROUNDING_NS
    drawn = [index.within(stage, way.begun_ns, drawn_ns) for stage in DRAWING]
    encoded = index.of_picture("encode", way.released_ns, way.pts)
    sent = index.of_picture("send", encoded[0].end_ns, way.pts) if encoded else []
    if not (all(drawn) and sent and way.arrived_ns < way.heard_ns):
        return []
    parts = [index.within(stage, hop.start_ns, hop.end_ns) for stage in HOP_PARTS]
    marks: list[tuple[str, str, int, int]] = [
        ("speech of the window", "wait", way.arrived_ns, way.heard_ns),
        ("engine", "wait", way.heard_ns, hop.start_ns),
        *((p[0].stage, "work", p[0].start_ns, p[0].end_ns) for p in parts if p),
        ("painter", "wait", hop.end_ns, way.begun_ns),
        *((d[-1].stage, "work", d[-1].start_ns, d[-1].end_ns) for d in drawn),
        ("playout", "wait", way.drawn_ns, way.released_ns),
        ("encode", "work", encoded[0].start_ns, encoded[0].end_ns),
        ("loop", "wait", encoded[0].end_ns, sent[0].start_ns),
        ("send", "work", sent[0].start_ns, sent[-1].end_ns),
    ]
    return [
        Segment(name, kind, (start - way.arrived_ns) / 1e6, (end - way.arrived_ns) / 1e6)
        for name, kind, start, end in marks
    ]
