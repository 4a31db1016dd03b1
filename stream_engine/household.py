"""What all sessions share: threads, clock, counts, and the limit on their number."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from stream_engine.batching.lane import Lane, deliver
from stream_engine.capacity.admission import read_admission
from stream_engine.config import EngineConfig
from stream_engine.engine_pool import EnginePool
from stream_engine.errors import CapacityError, Draining
from stream_engine.gate.visits import Visits
from stream_engine.protocols import Clock, Stages
from stream_engine.recording.recorder import Recorder
from stream_engine.render_loop import RenderLoop, Seat
from stream_engine.session import Session
from stream_engine.session_parts import SessionParts
from stream_engine.sync_desk import SyncDesk
from stream_engine.telemetry.metrics import Tally
from stream_engine.telemetry.traces import open_traces
from stream_engine.transport.outputs import Outputs
from stream_engine.types import MotionFrames
from stream_engine.voice.program import find_voice

logger = logging.getLogger(__name__)

_REFUSED = {
    "failing": "the server's models or its painter fail",
    "strained": "the server has too much to do",
}


def going_away() -> Draining:
    """Make the error for whoever comes late or stays too long."""
    fix = "open a session again, at another server or later"
    return Draining("the server is going away", fix=fix)


class Household:
    """What all sessions share: engine threads, one render thread, one clock, one count.

    *Thread*: ``make_parts`` any; everything else the loop's.

    Args:
        stages: Makes the parts of a session.
        config: Settings.
        clock: Wall time.

    Attributes:
        draining: No session is admitted any more; see `drain`.
        by_name: Sessions that are open, but for guests.
        visits: Whose the sessions are, and how long they may last.
        tracer: Takes spans of requests and sessions.
        recorder: Writes sessions down that are to be.
        sync: Lets faces be watched.
        voice: Speaks text, if a program for it is here.
    """

    def __init__(self, stages: Stages, config: EngineConfig, clock: Clock) -> None:
        self.draining = False
        self.config = config
        self.voice = find_voice(config.voice)
        self.clock = clock
        self.tally = Tally()
        self.recorder = Recorder(config, stages, self.tally, clock)
        stages = self.recorder.stages
        # Rows of sessions that have just left are free only once the engine is between batches.
        capacity = 2 * config.server.max_sessions
        self.engine = EnginePool(stages, capacity, clock, self.tally, self._progress)
        self.render = RenderLoop(stages, config.render.avatar, clock)
        self.sync = SyncDesk(stages, config.monitor, capacity, clock, self.tally)
        self.outputs = Outputs(config.outputs, config.server.outputs, self.tally)
        self._stages = stages
        self.backend = stages.setting.backend
        server = config.server
        self.tracer = open_traces(config.telemetry.traces)
        self.visits = Visits(config.limits, clock, self.tally, self.tracer)
        self._admission = read_admission(server.max_sessions, server.capacity, stages.setting)
        self.by_name: dict[str, Session] = {}
        self._guests: list[str] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = False

    @property
    def sessions(self) -> int:
        """Sessions open now, through whichever door."""
        return len(self.by_name) + len(self._guests)

    @property
    def room(self) -> int:
        """Sessions that would be admitted now, of the profile that costs most."""
        return 0 if self.draining or is_failing(self) or self.engine.strained else self._free()

    @property
    def refusal(self) -> str:
        """Why nobody is admitted: ``draining``, ``failing``, ``strained``, ``full``; or empty."""
        if self.draining:
            return "draining"
        if is_failing(self):
            return "failing"
        if self.engine.strained:
            return "strained"
        return "" if self._free() else "full"

    def start(self) -> None:
        """Start the threads, once; raises what the renderer raised if it cannot be made."""
        if not self._started:
            self._started = True
            logger.info("motion runs on %s", self.backend)
            self.render.start()
            self.engine.start()
            self.sync.start()

    def stop(self) -> None:
        """End every session, then the threads."""
        for session in tuple(self.by_name.values()):
            session.close()
        self.engine.stop()
        self.render.stop()
        self.sync.stop()
        self.outputs.close()
        self.recorder.close()
        self.tracer.close()

    def make_parts(self, profile: str, avatar: str, record: bool = False) -> SessionParts:
        """Build what a session needs; may take a while.

        Args:
            profile: Latency profile by name.
            avatar: Avatar by name; empty for a session without pictures.
            record: Whoever opens it wants it recorded.

        Returns:
            The parts.

        Raises:
            Forbidden: If nothing is recorded here.
            ConfigError: If there is no such profile.
            AssetError: If there is no such avatar.
        """
        self.recorder.check(record)
        self.engine.prepare(profile)
        poser = self._stages.head_poser(avatar) if avatar else None
        return SessionParts(profile, avatar, poser, self.config.motion.manner, record)

    def admit(self, profile: str) -> None:
        """Check that one more session may be had: AccessError or CapacityError when not."""
        self.visits.check(profile)
        if not self.refusal and self._free(profile):
            return
        self.tally.add("sessions_refused_total")
        if self.draining:
            raise going_away()
        raise CapacityError(
            _REFUSED.get(self.refusal, "the server is full"),
            got=f"{self.sessions} sessions",
            expected=f"at most {self.config.server.max_sessions}, and what server.capacity allows",
            fix="try again when someone has left, or raise server.max_sessions",
        )

    def open(
        self,
        parts: SessionParts,
        on_motion: Callable[[MotionFrames], None],
        on_error: Callable[[Exception], None],
    ) -> Session:
        """Open a session; see `Session` for the arguments.

        Args:
            parts: From ``make_parts``.
            on_motion: Given final motion.
            on_error: Told what ended it; on the loop or the render thread.

        Returns:
            The session, already in the engine.

        Raises:
            AccessError: If whoever asks may not have one more.
            CapacityError: If the server is full, or going away.
        """
        self.admit(parts.profile)
        self._find_loop()
        session = Session(parts, self, on_motion, on_error)
        self.sync.seat(session, self._loop, self.recorder)
        self.recorder.begin(session.lane, parts.profile, parts.record, session.id)
        self.by_name[session.id] = session
        self.visits.enter(session.id, parts.profile, on_error)
        self.tally.add("sessions_opened_total")
        return session

    @contextmanager
    def guest(
        self, profile: str, dismiss: Callable[[Exception], None] | None = None
    ) -> Iterator[None]:
        """Count a session without picture for as long as it lasts.

        Args:
            profile: Latency profile by name.
            dismiss: Ends it, with the reason.

        Yields:
            Nothing.

        Raises:
            AccessError: If whoever asks may not have one more.
            CapacityError: If the server is full, or going away.
        """
        self.admit(profile)
        self._find_loop()
        session = secrets.token_urlsafe(9)
        self.visits.enter(session, profile, dismiss or _stays)
        logger.info("session opened, profile %s, no picture", profile)
        self._guests.append(profile)
        self.tally.add("sessions_opened_total")
        try:
            yield
        finally:
            self._guests.remove(profile)
            self.visits.leave(session)
            logger.info("session closed")
            self.tally.add("sessions_closed_total")

    def leave(self, session: Session, lane: Lane, seat: Seat | None) -> None:
        """Take a session out of everything."""
        if self.by_name.pop(session.id, None) is not None:
            self.visits.leave(session.id)
            lane.owner.remove(lane)
            self.recorder.end(lane)
            if seat is not None:
                self.render.remove(seat)
            self.tally.add("sessions_closed_total")

    def _free(self, profile: str | None = None) -> int:
        seated = (session.parts.profile for session in self.by_name.values())
        return self._admission.room((*seated, *self._guests), profile)

    def _find_loop(self) -> None:
        with suppress(RuntimeError):  # worked by hand, as tests do
            self._loop = asyncio.get_running_loop()

    def _progress(self, lanes: Sequence[Lane]) -> None:
        """Engine threads: one call to the loop and one to the painter for a whole batch."""
        self.render.wake()
        if self._loop is None:
            deliver(lanes)
            return
        with suppress(RuntimeError):  # the loop has just been closed
            self._loop.call_soon_threadsafe(deliver, lanes)


def is_failing(house: Household) -> bool:
    """Whether models or painter have failed for all who came last, and nobody is let in."""
    return house.engine.failing or house.render.health.resting(house.clock.now())


def is_lost(house: Household) -> bool:
    """Whether they have failed for long: only a start anew may help."""
    return house.engine.lost or house.render.health.lost


def _stays(cause: Exception) -> None:
    """What a guest does whose door cannot end it."""
    del cause
