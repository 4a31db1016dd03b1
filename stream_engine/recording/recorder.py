"""Who is recorded: asks the settings, begins and ends tapes."""

import logging
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from stream_engine.batching.lane import Lane
from stream_engine.batching.watched_slots import WatchedSlots, WatchedStages
from stream_engine.config import AUTO, EngineConfig
from stream_engine.errors import Forbidden
from stream_engine.protocols import Clock, Stages
from stream_engine.recording.content import Head
from stream_engine.recording.disk import FolderDisk
from stream_engine.recording.tape import Tape
from stream_engine.recording.versions import versions_here
from stream_engine.recording.writer import Writer
from stream_engine.telemetry.metrics import Tally

logger = logging.getLogger(__name__)


class Recorder:
    """Records the sessions that are to be recorded; without a folder, nothing at all.

    *Thread*: the loop.

    Args:
        config: Settings.
        stages: What sessions are performed with.
        tally: Counts.
        clock: Wall time.

    Attributes:
        stages: The same, such that sessions can be watched; the very same without a folder.
    """

    def __init__(self, config: EngineConfig, stages: Stages, tally: Tally, clock: Clock) -> None:
        self._config = config
        self._writer: Writer | None = None
        self.stages = stages
        if config.recording.folder:
            disk = FolderDisk(Path(config.recording.folder))
            self._writer = Writer(config.recording, disk, tally, clock)
            self._writer.start()
            self._versions = versions_here(stages.setting)
            self.stages = WatchedStages(stages)

    @property
    def offer(self) -> dict[str, float | bool] | None:
        """What a page may tell whoever is to be recorded; None where nothing is."""
        config = self._config.recording
        if self._writer is None:
            return None
        return {"everyone": config.everyone, "longest_s": config.longest_s}

    def check(self, asked: bool) -> None:
        """Refuse who asks to be recorded where nothing is; Forbidden says what to do."""
        if asked and self._writer is None:
            raise Forbidden(
                "this server records nothing",
                got="a session that asks for it",
                fix="leave record out, or set recording.folder",
            )

    def begin(self, lane: Lane, profile: str, asked: bool, session: str = "") -> None:
        """Record a session that has just begun, if it is to be.

        Args:
            lane: Has not heard anything yet.
            profile: Latency profile by name.
            asked: Whoever opened it wants it.
            session: Its name, if it has one.
        """
        wanted = asked or self._config.recording.everyone
        if self._writer is None or not wanted or not isinstance(lane.slots, WatchedSlots):
            return
        session = session or secrets.token_urlsafe(9)
        config, head = self._config.recording, self._head(lane, session, profile)
        tape = Tape(self._writer, lane, head, config.longest_s, config.motion)
        lane.observer = tape
        lane.slots.watch(lane.row, tape)
        logger.info("session %s is recorded", session)

    def end(self, lane: Lane) -> None:
        """Take note that a session is over."""
        if isinstance(lane.observer, Tape):
            lane.observer.finish(lane.error)

    def note(self, lane: Lane, name: str, data: Mapping[str, object]) -> None:
        """Write an event of a session, if it is recorded; any thread. See `Tape.note`."""
        if isinstance(lane.observer, Tape):
            lane.observer.note(name, data)

    def close(self) -> None:
        """Write what waits, and stop."""
        if self._writer is not None:
            self._writer.close()

    def _head(self, lane: Lane, session: str, profile: str) -> Head:
        motion = self._config.motion
        backend = motion.backend
        if backend == AUTO:
            backend = "tensorrt" if motion.engines else "onnxruntime"
        return Head(
            session=session,
            begun=datetime.now(UTC).isoformat(timespec="seconds"),
            profile=profile,
            seed=motion.seed,
            emotion=lane.manner.emotion,
            intensity=lane.manner.intensity,
            style=lane.manner.style,
            steps=motion.steps,
            shed=motion.shed,
            backend=backend,
            precision=motion.precision,
            boosts=self._config.monitor.enabled and self._config.monitor.acts,
            versions=self._versions,
        )
