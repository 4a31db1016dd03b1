"""A talk as a recorder would have it, made by arithmetic: every time in it is known."""

from stream_engine.telemetry.spans import Span, Wait
from stream_engine.types import TICKS_PER_FRAME

MS = 1_000_000
BEGAN = 5_000 * MS

HOP = {"features": 1, "noise": 1, "encoder": 2, "generator": 4, "blend": 1, "expression": 1}
DRAWING = {"mesh": 2, "render": 12, "read-back": 3}


def picture(number: int) -> tuple[list[Span], list[Wait]]:
    """One picture's way, milliseconds after its arrival.

    ::

        0 speech 120 engine 121 hop 131 painter 135 drawn 152 playout 165 encode 172 send 173
    """
    pts, at = number * TICKS_PER_FRAME, BEGAN + number * 40 * MS
    work: list[Span] = []

    def did(stage: str, thread: str, start: int, took: int, own: int | None = None) -> int:
        begin, end = at + start * MS, at + (start + took) * MS
        mine = (took if own is None else own) * MS
        device = (("kernels", 1.5),) if stage == "generator" else ()
        known = None if thread == "engine" else pts
        work.append(Span(stage, thread, begin, end, mine, mine // 2, 1, known, device))
        return start + took

    did("hop", "engine", 121, 10, own=0)
    moment = 121
    for stage, took in HOP.items():
        moment = did(stage, "engine", moment, took)
    moment = 135
    for stage, took in DRAWING.items():
        moment = did(stage, "render", moment, took)
    did("encode", "asyncio_0", 165, 7)
    did("send", "loop", 172, 1)
    marks = [
        ("engine", 120, 121, None),
        ("painter", 131, 135, pts),
        ("playout", 152, 165, pts),
        ("arrival to release", 0, 165, pts),
    ]
    still = [
        Wait(name, at + start * MS, at + end * MS, known, "engine")
        for name, start, end, known in marks
    ]
    return work, still


def talk(pictures: int) -> tuple[list[Span], list[Wait]]:
    """So many pictures, 25 a second."""
    ways = [picture(number) for number in range(pictures)]
    spans = sorted((s for work, _ in ways for s in work), key=lambda s: (s.start_ns, -s.end_ns))
    waits = sorted((w for _, still in ways for w in still), key=lambda w: (w.end_ns, w.start_ns))
    return spans, waits
