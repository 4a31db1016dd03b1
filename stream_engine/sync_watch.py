"""The watcher's thread: listens to every face that leaves, on a budget, behind everything else."""

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from stream_engine.errors import CapacityError
from stream_engine.monitor.sync_score import LEAST_SPEECH_S
from stream_engine.monitor.sync_scorer import SyncScorer, Watched
from stream_engine.monitor.sync_table import SyncTable
from stream_engine.motion.slots import Slots
from stream_engine.protocols import Clock, Stages
from stream_engine.service_config import MonitorConfig
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import F32

logger = logging.getLogger(__name__)

LOOK_S = 0.1
"""The thread looks for something to watch so often."""

BATCH = 64
"""Most faces in a call, so that one is short."""

NICE = 10
"""How far the thread stands back behind others, where the system has it."""

SAID_AGAIN_S = 60.0
"""What fails would fail several times a second: it is logged so often, and counted each time."""

@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said of one face in one hop.

    Attributes:
        frame: One more than the last frame that was judged.
        score: How sure it is that the face says what the voice says, 0..1; None where there was
            nothing to judge.
        lag_ms: How late the mouth is; None where there was nothing to judge.
        confidence: How sure it is of the lag, 0..1.
        speech_s: Seconds of speech in the window.
        shifted_ms: How late the mouth surely is, or 0.
        wrong: It surely says something else.
        fresh: Share of its frames in which another face was shown than before, 0..1.
        utterance: Score and lag of the utterance that ended in this hop, if one did.
        said: Units of the voice in the hop's 20 ms steps.
        seen: Units that the face is heard to say.
    """

    frame: int
    score: float | None
    lag_ms: float | None
    confidence: float
    speech_s: float
    shifted_ms: float
    wrong: bool
    fresh: float
    utterance: tuple[float, float] | None
    said: tuple[int, ...]
    seen: tuple[int, ...]


class Watch:
    """One session's place before the watcher.

    *Thread*: the doors' loop; verdicts come on the watcher's.

    Args:
        table: Where its row is.
        row: Which.
        on_verdict: Told what was found.
        leave: Frees the row.
    """

    def __init__(
        self,
        table: SyncTable,
        row: int,
        on_verdict: Callable[[Verdict], None],
        leave: Callable[["Watch"], None],
    ) -> None:
        self._table, self.row, self.on_verdict, self._leave = table, row, on_verdict, leave
        self.open = True
        self.forgiven = False

    def voice(self, pts: int, samples: F32) -> None:
        """Take voice that left at a tick of the release line, float32 [N] at 48 kHz."""
        if self.open:
            self._table.put_voice(self.row, pts, samples)

    def face(self, frame: int, coefficients: F32) -> None:
        """Take the face that left with that frame's voice, float32 [D]."""
        if self.open:
            self._table.put_face(self.row, frame, coefficients)

    def hold_back(self, frames: int) -> None:
        """Wait with so many of the newest frames, which may yet be taken back."""
        self._table.ahead[self.row] = frames

    def forgive(self) -> None:
        """Forget the evidence: something was done about it."""
        self.forgiven = True

    def close(self) -> None:
        """Leave; may be called again."""
        if self.open:
            self.open = False
            self._leave(self)


class SyncWatch:
    """Watches the faces of all sessions, never in anybody's way.

    A hop that is not taken in time is left out and counted: motion does not wait for the watcher,
    and it works no longer than its share of a core.

    *Thread*: its own; ``add`` and what it gives are the loop's.

    Args:
        scorer: Judges, with room for as many.
        capacity: Most faces.
        budget: Share of one core.
        clock: Times the work.
        tally: Counts.
    """

    def __init__(
        self,
        scorer: SyncScorer,
        capacity: int,
        budget: float,
        clock: Clock,
        tally: Tally,
    ) -> None:
        self._scorer = scorer
        self._budget, self._clock, self._tally = budget, clock, tally
        self._table = SyncTable(capacity)
        self._watches: list[Watch | None] = [None] * capacity
        self._free = list(range(capacity))
        self._begun: list[int] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sync watch", daemon=True)

    @property
    def row_bytes(self) -> int:
        """Memory of one face."""
        return self._scorer.slot_bytes + self._table.row_bytes

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread and free the ears."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._scorer.close()

    def add(self, on_verdict: Callable[[Verdict], None]) -> Watch:
        """Take a session in.

        Args:
            on_verdict: Told on the watcher's thread.

        Returns:
            Its place.

        Raises:
            CapacityError: If every place is taken.
        """
        with self._lock:
            if not self._free:
                raise CapacityError("the watcher is full", got=f"{len(self._watches)} sessions")
            row = self._free.pop()
            watch = Watch(self._table, row, on_verdict, self._remove)
            self._watches[row] = watch
            self._begun.append(row)
            self._table.begin(row, ahead=0)  # until `Watch.hold_back` says otherwise
        return watch

    def run_once(self) -> float:
        """Watch whatever is due; seconds of a processor that took."""
        began, spent_s = self._clock.now(), time.thread_time()
        self._begin()
        due = self._table.due()
        for at in range(0, len(due), BATCH):
            self._watch(due[at : at + BATCH])
        if len(due):
            self._tally.observe("sync_watch_seconds", self._clock.now() - began)
        return time.thread_time() - spent_s

    def _watch(self, rows: Slots) -> None:
        left_out = self._table.skip(rows)
        frames_out = int(left_out.sum())
        if frames_out:
            self._tally.add("sync_skipped_frames_total", frames_out)
            self._scorer.begin(rows[left_out > 0])
        watches = [self._watches[row] for row in rows]
        motion, voice, fresh = self._table.take(rows)
        watched = self._scorer.advance(rows, motion, voice)
        self._tally.add("sync_hops_total", len(rows))
        for place, (row, watch) in enumerate(zip(rows, watches, strict=True)):
            # Whoever has the row by now is told nothing of whoever had it before.
            if watch is not None and watch is self._watches[row] and fresh[place] >= 0.0:
                frame, share = int(self._table.read[row]), float(fresh[place])
                watch.on_verdict(_verdict(watched, place, frame, share))

    def _begin(self) -> None:
        with self._lock:
            begun, self._begun = self._begun, []
        if begun:
            self._scorer.begin(np.array(sorted(begun)))
        forgiven = [w.row for w in self._watches if w is not None and w.forgiven]
        for row in forgiven:
            watch = self._watches[row]
            if watch is not None:
                watch.forgiven = False
        if forgiven:
            self._scorer.forgive(np.array(sorted(forgiven)))

    def _remove(self, watch: Watch) -> None:
        with self._lock:
            self._table.live[watch.row] = False
            self._watches[watch.row] = None
            self._free.append(watch.row)

    def _run(self) -> None:
        if hasattr(os, "setpriority"):
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        said_s = float("-inf")
        while not self._stopping.is_set():
            try:
                took = self.run_once()
            except Exception as error:
                if self._clock.now() - said_s >= SAID_AGAIN_S:
                    said_s = self._clock.now()
                    logger.error("watching failed; it goes on with what comes", exc_info=error)
                self._tally.add("sync_failures_total")
                took = LOOK_S
            self._stopping.wait(max(LOOK_S, took / self._budget - took))


def open_watch(
    stages: Stages, config: MonitorConfig, capacity: int, clock: Clock, tally: Tally
) -> SyncWatch | None:
    """Open a watcher, if the settings and the stages have one.

    Args:
        stages: Open the ears.
        config: Settings.
        capacity: Most faces.
        clock: Times the work.
        tally: Counts.

    Returns:
        The watcher, not started.

    Raises:
        AssetError: If a file of it is missing.
    """
    scorer = stages.sync_scorer(capacity) if config.enabled else None
    return SyncWatch(scorer, capacity, config.budget, clock, tally) if scorer else None


def _verdict(watched: Watched, place: int, frame: int, fresh: float) -> Verdict:
    window, whole, alarms = watched.window, watched.utterance, watched.alarms
    judged = bool(window.judged[place])
    ended = bool(whole.seconds[place] >= LEAST_SPEECH_S)
    utterance = (float(whole.score[place]), float(whole.lag_ms[place])) if ended else None
    return Verdict(
        frame=frame,
        score=float(window.score[place]) if judged else None,
        lag_ms=float(window.lag_ms[place]) if judged else None,
        confidence=float(window.confidence[place]) if judged else 0.0,
        speech_s=float(window.seconds[place]),
        shifted_ms=float(alarms.lag_ms[place]),
        wrong=bool(alarms.wrong[place]),
        fresh=fresh,
        utterance=utterance,
        said=_units(watched.said[place]),
        seen=_units(watched.seen[place]),
    )


def _units(units: Sequence[int] | np.ndarray) -> tuple[int, ...]:
    return tuple(int(unit) for unit in units)
