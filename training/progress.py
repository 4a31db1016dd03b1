"""A progress bar of one line, on standard error."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

_BAR = 30
_REDRAW_S = 0.5


class Progress:
    """Shows how far a run is, its pace and the time left; redrawn at most twice a second.

    Args:
        first: Step at which this process began: the pace is its own.
        total: Steps of the whole run.
        stream: Where to draw.
        now: Wall clock, seconds.
    """

    def __init__(
        self,
        first: int,
        total: int,
        stream: TextIO | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._first, self._total = first, total
        self._stream = stream or sys.stderr
        self._now = now
        self._began = self._drawn = now()

    def show(self, step: int) -> None:
        """Say that ``step`` steps are done."""
        at = self._now()
        if at - self._drawn < _REDRAW_S and step != self._total:
            return
        self._drawn = at
        pace = (step - self._first) / max(at - self._began, 1e-9)
        bar = "#" * round(_BAR * step / self._total)
        left = clock_of((self._total - step) / pace) if pace else "?"
        line = f"\r[{bar:<{_BAR}}] {step} of {self._total}, {pace:.2f} steps/s, {left} left "
        print(line, end="", file=self._stream, flush=True)

    def end(self) -> None:
        """Leave the line as it is."""
        print(file=self._stream, flush=True)


def clock_of(seconds: float) -> str:
    """Hours, minutes and seconds, ``1:02:03`` or ``2:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
