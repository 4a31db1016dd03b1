"""The thread that writes recordings: one for all sessions, and nobody waits for it."""

import logging
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from stream_engine.protocols import Clock
from stream_engine.recording.content import HEAD
from stream_engine.recording.disk import Disk
from stream_engine.recording.reel import BROKEN, Reel
from stream_engine.recording.tape import Tape
from stream_engine.service_config import RecordingConfig
from stream_engine.telemetry.metrics import Tally

logger = logging.getLogger(__name__)

WAITING = 16_384
"""Records that may wait, of all sessions: some 150 of a session a second, so 100 session seconds.
Full, a recording ends whose record is not taken; the call does not notice."""

TICK_S = 1.0
"""What is not full by then is written, and the disk is looked at."""

MIB = 1 << 20


def file_name(tape: Tape) -> str:
    """Name of a recording: when it was begun, and of which session."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{tape.session}.elo"


class Writer:
    """Implements `Desk`: a queue that takes or refuses, and a thread that empties it.

    A disk that is full, broken or too slow ends recordings, each counted and logged by its cause;
    their files end with a whole record. It never touches a session.

    *State*: `WAITING` records, a second of each session. *Thread*: ``put`` and ``over`` any.

    Args:
        config: How much may be written.
        disk: Where to.
        tally: Counts.
        clock: Says when a second has gone.
        waiting: Records that may wait.
    """

    def __init__(
        self,
        config: RecordingConfig,
        disk: Disk,
        tally: Tally,
        clock: Clock,
        waiting: int = WAITING,
    ) -> None:
        self._config, self._disk = config, disk
        self._tally, self._clock = tally, clock
        self._queue: queue.Queue[tuple[Tape, int, bytes]] = queue.Queue(waiting)
        self._reels: dict[Tape, Reel] = {}
        self._taken: dict[Tape, int] = {}
        self._ticked_s = clock.now()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="recordings", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self, patience_s: float = 10.0) -> None:
        """Write what waits, end every file, and stop the thread; a disk may hang, so not for ever.

        Args:
            patience_s: Longest wait.
        """
        self._stopping = True
        if self._thread.is_alive():
            self._thread.join(patience_s)

    def put(self, tape: Tape, kind: int, payload: bytes) -> bool:
        """Take a record if there is room."""
        try:
            self._queue.put_nowait((tape, kind, payload))
        except queue.Full:
            return False
        return True

    def over(self, tape: Tape, cause: str) -> None:
        """Count and say that a recording was cut."""
        self._tally.add(f'recordings_cut_total{{cause="{cause}"}}')
        logger.warning("the recording of session %s is cut: %s", tape.session, tape.end)

    def work(self) -> None:
        """Write what waits now; what the thread does each time it wakes."""
        with suppress(queue.Empty):
            while True:
                self._take(*self._queue.get_nowait())
                if self._clock.now() - self._ticked_s >= TICK_S:
                    self.tick()

    def tick(self) -> None:
        """Write what is not full yet, look at the disk, and end what is over."""
        self._ticked_s = self._clock.now()
        for tape in tuple(self._reels):
            self._guarded(tape, self._check)
            self._guarded(tape, lambda tape: self._reels[tape].flush())
            self._end_if_over(tape)

    def _take(self, tape: Tape, kind: int, payload: bytes) -> None:
        if kind == HEAD:
            self._taken[tape] = 0
            self._guarded(tape, self._open)
        if tape not in self._taken:
            return
        self._taken[tape] += 1
        if tape in self._reels:
            self._guarded(tape, lambda tape: self._reels[tape].add(kind, payload))
        self._end_if_over(tape)

    def _open(self, tape: Tape) -> None:
        self._check(tape)
        if tape.end is None or not tape.end.cause.startswith(BROKEN):
            self._reels[tape] = Reel(self._disk.open(file_name(tape)))
            self._tally.add("recordings_total")

    def _check(self, tape: Tape) -> None:
        reel = self._reels.get(tape)
        if reel is not None and reel.size > self._config.most_mb * MIB:
            tape.stop("limit", "recording.most_mb")
        if self._disk.free_bytes() < self._config.keep_free_mb * MIB:
            tape.stop("disk", "less is free than recording.keep_free_mb")

    def _end_if_over(self, tape: Tape) -> None:
        """End a file once everything its tape gave has been written, or nothing more can be."""
        end = tape.end
        if end is None or (self._taken[tape] < tape.given and not end.cause.startswith(BROKEN)):
            return
        reel = self._reels.pop(tape, None)
        del self._taken[tape]
        if reel is not None:
            self._guarded(tape, lambda _: reel.end(end))

    def _guarded(self, tape: Tape, work: Callable[[Tape], None]) -> None:
        try:
            work(tape)
        except OSError as error:
            tape.stop("disk", error.strerror or str(error))
        except Exception:
            logger.exception("writing a recording failed")
            tape.stop("error")

    def _run(self) -> None:
        while not self._stopping or not self._queue.empty():
            try:
                item = self._queue.get(timeout=TICK_S / 4)
            except queue.Empty:
                self._tick_if_due()
                continue
            self._take(*item)
            self._tick_if_due()
        for tape in tuple(self._reels):
            if tape.end is None:
                tape.finish(None)
        self.work()
        self.tick()

    def _tick_if_due(self) -> None:
        if self._clock.now() - self._ticked_s >= TICK_S:
            self.tick()
