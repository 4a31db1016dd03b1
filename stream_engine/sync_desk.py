"""Where sessions and the watcher meet: places given, findings brought to the loop, written down."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict
from statistics import median

from stream_engine.protocols import Clock, Stages
from stream_engine.recording.recorder import Recorder
from stream_engine.service_config import MonitorConfig
from stream_engine.session import Session
from stream_engine.sync_watch import Verdict, open_watch
from stream_engine.sync_wire import FaceSync, FaceSyncAction
from stream_engine.telemetry.metrics import Tally
from stream_engine.transport.sync_teller import SyncTeller


class SyncDesk:
    """Gives every session its place before the watcher, if there is one.

    *Thread*: the loop.

    Args:
        stages: Open the ears.
        config: Settings.
        capacity: Most sessions.
        clock: Times the watcher.
        tally: Counts.

    Attributes:
        watch: The watcher, or None.
    """

    def __init__(
        self, stages: Stages, config: MonitorConfig, capacity: int, clock: Clock, tally: Tally
    ) -> None:
        self.watch = open_watch(stages, config, capacity, clock, tally)
        self._acts = config.acts

    def start(self) -> None:
        """Start the watcher's thread."""
        if self.watch is not None:
            self.watch.start()

    def stop(self) -> None:
        """Stop it."""
        if self.watch is not None:
            self.watch.stop()

    def seat(
        self, session: Session, loop: asyncio.AbstractEventLoop | None, recorder: Recorder
    ) -> None:
        """Let a session be watched from now on.

        Args:
            session: Just opened.
            loop: Where it lives; None where a test works it by hand.
            recorder: Writes down what is found, of those that are recorded.
        """
        if self.watch is None:
            return
        sync, lane = session.sync, session.lane

        def note(message: FaceSync | FaceSyncAction) -> None:
            recorder.note(lane, message.type, asdict(message))

        sync.acts = self._acts
        sync.listeners.append(SyncTeller(note))
        sync.watch = self.watch.add(lambda verdict: _post(loop, sync.found, verdict))

    def gauges(self, sessions: Iterable[Session]) -> dict[str, float]:
        """What is found of all faces that have been judged: medians, and the worst."""
        found = [session.sync.last for session in sessions]
        scores = [v.score for v in found if v is not None and v.score is not None]
        lags = [v.lag_ms for v in found if v is not None and v.lag_ms is not None]
        if not scores or not lags:
            return {}
        return {
            "sync_score": median(scores),
            "sync_lowest_score": min(scores),
            "sync_lag_ms": median(lags),
        }


def _post(
    loop: asyncio.AbstractEventLoop | None, function: Callable[[Verdict], None], verdict: Verdict
) -> None:
    """Call something on the loop; at once if there is none."""
    if loop is None:
        function(verdict)
        return
    with suppress(RuntimeError):  # the loop has just been closed
        loop.call_soon_threadsafe(function, verdict)
