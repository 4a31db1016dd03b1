"""Where the time goes: spans of work and waits of media, kept only while a recorder is installed.

::

    with span("features", size=8):       # a stage at work, on this thread
        ...
        device_time("kernels", 0.8)      # what of it a device says it needed
    waited("playout", drawn_s, now_s)    # media that lay still: nobody's work

Without a recorder a span costs less than a fifth of a microsecond, with one a few. All times are
those of ``time.monotonic``, the server's own clock.
"""

import importlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

MOST_RECORDS = 1_000_000
"""Kept of each thread; later ones are counted and dropped."""


@dataclass(frozen=True, slots=True)
class Span:
    """One stage at work once.

    Attributes:
        stage: Which.
        thread: On which thread; a second of the same name is numbered.
        start_ns: When it began.
        end_ns: When it ended.
        own_ns: Of this, what no span inside it took.
        cpu_ns: Processor time of this thread, of ``own_ns``; -1 where it is not known.
        size: Sessions, samples or bytes, as the stage counts; 0 where it says nothing.
        pts: Media time of what was worked on, ticks; None where that means nothing.
        device_ms: Milliseconds on a device, by what they were for.
    """

    stage: str
    thread: str
    start_ns: int
    end_ns: int
    own_ns: int
    cpu_ns: int
    size: int = 0
    pts: int | None = None
    device_ms: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """Media that lay still.

    Attributes:
        name: For what.
        start_ns: Since when.
        end_ns: Until when.
        pts: Its media time, ticks, or None.
        thread: On which thread it ended.
    """

    name: str
    start_ns: int
    end_ns: int
    pts: int | None = None
    thread: str = ""


class Ranges(Protocol):
    """The part of the `nvtx` package that is used."""

    def push_range(self, message: str) -> Any:
        """Begin a range on this thread."""
        ...

    def pop_range(self) -> Any:
        """End it."""
        ...


def find_nvtx() -> Ranges | None:
    """Import `nvtx`, so that Nsight shows the stages; None where it is not installed."""
    try:
        found: Any = importlib.import_module("nvtx")
    except ImportError:
        return None
    ranges: Ranges | None = found if hasattr(found, "push_range") else None  # or a mere folder
    return ranges


@dataclass(slots=True)
class _Line:
    """What one thread wrote; only it writes here. Tuples of numbers: the collector skips them."""

    named: str
    thread: str
    stack: list["_Open"] = field(default_factory=list)
    spans: list[tuple[Any, ...]] = field(default_factory=list)
    waits: list[tuple[Any, ...]] = field(default_factory=list)
    lost: int = 0


class Recorder:
    """Keeps spans and waits of every thread.

    *State*: at most ``MOST_RECORDS`` of each kind a thread. *Thread*: any writes; reading copies.

    Args:
        ranges: Told where spans begin and end, such as NVTX.
    """

    def __init__(self, ranges: Ranges | None = None) -> None:
        self.ranges = ranges
        self._local = threading.local()
        self._lines: list[_Line] = []
        self._lock = threading.Lock()

    @property
    def lost(self) -> int:
        """Records dropped because there were too many."""
        return sum(line.lost for line in self._lines)

    def spans(self) -> list[Span]:
        """Every span that has ended, in order of its beginning."""
        found = [
            Span(stage, line.thread, *rest) for line in self._lines for stage, *rest in line.spans
        ]
        return sorted(found, key=lambda span: (span.start_ns, -span.end_ns))

    def waits(self) -> list[Wait]:
        """Every wait that is over, in order of its end."""
        found = [Wait(*row) for line in self._lines for row in line.waits]
        return sorted(found, key=lambda wait: (wait.end_ns, wait.start_ns))

    def line(self) -> _Line:
        """This thread's own."""
        line: _Line | None = getattr(self._local, "line", None)
        if line is None:
            name = threading.current_thread().name
            with self._lock:
                namesakes = sum(other.named == name for other in self._lines)
                line = _Line(name, f"{name} {namesakes + 1}" if namesakes else name)
                self._lines.append(line)
            self._local.line = line
        return line


class _Open:
    """A span that has not ended."""

    __slots__ = (
        "_recorder", "cpu_ns", "device", "inside_cpu_ns", "inside_ns", "line", "pts", "size",
        "stage", "start_ns",
    )  # fmt: skip

    def __init__(self, recorder: Recorder, stage: str, size: int, pts: int | None) -> None:
        self._recorder = recorder
        self.stage, self.size, self.pts = stage, size, pts
        self.inside_ns = self.inside_cpu_ns = 0
        self.device: tuple[tuple[str, float], ...] = ()

    def __enter__(self) -> None:
        self.line = self._recorder.line()
        self.line.stack.append(self)
        if self._recorder.ranges is not None:
            self._recorder.ranges.push_range(self.stage)
        self.cpu_ns = time.thread_time_ns()
        self.start_ns = time.monotonic_ns()

    def __exit__(self, *raised: object) -> None:
        end_ns, cpu_ns = time.monotonic_ns(), time.thread_time_ns() - self.cpu_ns
        if self._recorder.ranges is not None:
            self._recorder.ranges.pop_range()
        line, took = self.line, end_ns - self.start_ns
        line.stack.pop()
        if line.stack:
            line.stack[-1].inside_ns += took
            line.stack[-1].inside_cpu_ns += cpu_ns
        own_ns = took - self.inside_ns
        own = (own_ns, min(own_ns, max(0, cpu_ns - self.inside_cpu_ns)))
        row = (self.stage, self.start_ns, end_ns, *own, self.size, self.pts, self.device)
        _keep(line, line.spans, row)


class _Nothing:
    """What a span is while nobody records."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, *raised: object) -> None:
        pass


_NOTHING = _Nothing()
_recorder: Recorder | None = None


def span(stage: str, size: int = 0, pts: int | None = None) -> _Open | _Nothing:
    """Say that what is inside ``with`` is work of a stage; nothing in it may be awaited.

    Args:
        stage: Which.
        size: Sessions, samples or bytes worked on.
        pts: Media time of what is worked on, ticks.

    Returns:
        A context manager.
    """
    return _NOTHING if _recorder is None else _Open(_recorder, stage, size, pts)


def finished(stage: str, since_s: float, size: int = 0, pts: int | None = None) -> None:
    """Say that a stage has been at work since then, where ``with`` cannot: around an await."""
    if _recorder is not None and since_s:
        line, start_ns, end_ns = _recorder.line(), int(since_s * 1e9), time.monotonic_ns()
        _keep(line, line.spans, (stage, start_ns, end_ns, end_ns - start_ns, -1, size, pts, ()))


def waited(name: str, since_s: float, until_s: float, pts: int | None = None) -> None:
    """Say that media lay still.

    Args:
        name: For what.
        since_s: Since when; 0 if that was not recorded.
        until_s: Until when.
        pts: Its media time, ticks.
    """
    if _recorder is not None and since_s:
        line = _recorder.line()
        row = (name, int(since_s * 1e9), int(until_s * 1e9), pts, line.thread)
        _keep(line, line.waits, row)


def device_time(name: str, milliseconds: float) -> None:
    """Add what a device needed, by its own clock, to the span this thread is in.

    For runners: time with events (CUDA's, say) while `recording`, and tell when they are read.

    Args:
        name: What it did, such as ``kernels`` or ``copies``.
        milliseconds: For how long.
    """
    if _recorder is not None:
        stack = _recorder.line().stack
        if stack:
            stack[-1].device += ((name, milliseconds),)


def recording() -> bool:
    """Whether anybody records; what costs time only for that may be left out otherwise."""
    return _recorder is not None


def moment() -> float:
    """Wall time, seconds, for `finished` and `waited`; 0 while nobody records."""
    return 0.0 if _recorder is None else time.monotonic()


@contextmanager
def installed(recorder: Recorder) -> Iterator[Recorder]:
    """Record everything in this process until the block ends; one recorder at a time.

    Args:
        recorder: Takes it.

    Yields:
        The recorder.
    """
    global _recorder  # one per process, so that a stage need not be given it
    assert _recorder is None, "somebody records already"
    _recorder = recorder
    try:
        yield recorder
    finally:
        _recorder = None


def _keep(line: _Line, rows: list[tuple[Any, ...]], row: tuple[Any, ...]) -> None:
    if len(rows) < MOST_RECORDS:
        rows.append(row)
    else:
        line.lost += 1
