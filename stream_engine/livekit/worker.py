"""An avatar in a room: hears an agent's speech, shows and says it as if spoken now."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass

from stream_engine.errors import PeerClosed, TransportError
from stream_engine.household import Household
from stream_engine.livekit.intake import MOST_STREAMS, SpeechIntake
from stream_engine.livekit.outgoing import say, show
from stream_engine.livekit.reports import Reports
from stream_engine.livekit.room import Incoming, Room, Stage
from stream_engine.livekit.segments import Done, Segments
from stream_engine.livekit.wire import CLEAR_BUFFER, CLEARED, ON_BEHALF, REJECTED
from stream_engine.session import Session
from stream_engine.types import TICKS_PER_SECOND, MotionFrames

logger = logging.getLogger(__name__)

AWAY_S = 3.0
"""An agent that is away for so long has left; one whose connection is made anew comes back."""

INTRODUCTIONS = 3
"""Tries to show whose face it is."""

PUMP_S = 0.02
"""Speech is given to the session so often."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a worker.

    Attributes:
        profile: Latency profile by name.
        avatar: Avatar by name.
        agent: Identity of the agent it works for; empty for the one its token names, or else for
            the first agent of the room that is not an avatar itself.
    """

    profile: str
    avatar: str
    agent: str = ""


class AvatarWorker:
    """One participant of one room, one session of a household that many may share.

    ::

        lk.audio_stream ─► intake ─► segments ─► session ─► voice, face ─► stage
        lk.clear_buffer ──────────────┴─► cut       └─► reports ─► lk.playback_finished

    *State*: what its parts hold. *Thread*: the loop; ``dismiss`` any.

    Args:
        house: Opens the session.
        room: To be joined with this worker as its guest, before ``run``.
        wish: What is asked.
        away_s: How long the agent may be away.

    Attributes:
        session: Once the agent has been found.
    """

    def __init__(self, house: Household, room: Room, wish: Wish, away_s: float = AWAY_S) -> None:
        self._house, self._room, self._wish = house, room, wish
        self._away_s = away_s
        self._absence: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[str] = self._loop.create_future()
        self._people = asyncio.Event()
        self._early: list[Incoming] = []
        self._agent = ""
        self._introduced = False
        self._intake: SpeechIntake | None = None
        self._segments: Segments
        self._reports: Reports
        self.session: Session | None = None

    async def run(self) -> str:
        """Work until the room is over for us, the agent has left, or it is told to stop.

        Returns:
            Why it was over, if it was as it should be.

        Raises:
            PeerClosed: If the room was lost.
            StreamEngineError: If no session can be had, or it failed.
        """
        working = asyncio.create_task(self._work())
        try:
            await asyncio.wait({working, self._over}, return_when=asyncio.FIRST_COMPLETED)
            return (working if working.done() else self._over).result()
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            if self._absence is not None:
                self._absence.cancel()

    def stop(self, reason: str) -> None:
        """End as one should."""
        if not self._over.done():
            self._over.set_result(reason)

    def dismiss(self, cause: Exception) -> None:
        """End it with a reason; on any thread."""
        with suppress(RuntimeError):  # the loop has just been closed
            self._loop.call_soon_threadsafe(self._fail, cause)

    def stream(self, incoming: Incoming) -> None:
        """Take a byte stream; only the agent's is read."""
        if self._agent and incoming.sender != self._agent:
            logger.warning("%s sends audio and is not the agent", incoming.sender)
            incoming.close()
        elif self._intake is not None:
            self._intake.take(incoming)
        elif len(self._early) < MOST_STREAMS:
            self._early.append(incoming)
        else:
            incoming.close()

    def people_changed(self) -> None:
        """Take note; without its agent the worker has nothing to do."""
        self._people.set()
        if self._agent and not self._agent_is_here():
            self._introduced = False  # who joins anew has no attributes
            if self._absence is None:
                self._absence = self._loop.call_later(self._away_s, self._look_again)

    def _agent_is_here(self) -> bool:
        return any(self._agent == each.identity for each in self._room.people())

    def _look_again(self) -> None:
        """End if the agent is still away, and it is not we who are."""
        self._absence = None
        if self._room.steady and not self._agent_is_here():
            self.stop("the agent has left")
        else:
            self.people_changed()

    def room_over(self, reason: str, lost: bool) -> None:
        """End, with an error if it was not to be."""
        if lost:
            fix = "start the worker again, with a token that still holds"
            self._fail(PeerClosed("the room was lost", got=reason, fix=fix))
        else:
            self.stop(f"the room is over: {reason}")

    async def _work(self) -> str:
        """Everything, in order; without end, unless something fails."""
        self._agent = await self._find_agent()
        logger.info("speaking for agent %s", self._agent)
        others = [each for each in self._early if each.sender != self._agent]
        for incoming in others:
            self._early.remove(incoming)
            self.stream(incoming)
        self._reports = Reports(self._room, self._agent)
        self._room.answer(CLEAR_BUFFER, self._clear)
        config, wish = self._house.config, self._wish
        parts = await asyncio.to_thread(self._house.make_parts, wish.profile, wish.avatar)
        self.session = self._house.open(parts, _unseen, self.dismiss)
        try:
            size = config.render.width, config.render.height
            stage = await self._room.publish(*size, config.server.video_kbps)
            try:
                return await self._perform(self.session, stage)
            finally:
                await stage.close()
        finally:
            self.session.close()

    async def _find_agent(self) -> str:
        me = self._room.me
        wanted = self._wish.agent or me.on_behalf
        while True:
            self._people.clear()
            for each in self._room.people():
                if each.identity == wanted or (not wanted and each.agent and not each.on_behalf):
                    return each.identity
            await self._people.wait()

    async def _perform(self, session: Session, stage: Stage) -> str:
        session.begin()
        self._segments = segments = Segments(session, self._reports.put)
        self._intake = intake = SpeechIntake(segments)
        for incoming in self._early:
            intake.take(incoming)
        self._early.clear()
        works = (
            self._introduce(),
            intake.run(),
            self._reports.run(),
            pump(segments),
            say(session, stage),
            show(session, stage),
        )
        tasks = [asyncio.create_task(work) for work in works]
        try:
            await asyncio.gather(*tasks)
            return "there is nothing to do"
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _introduce(self) -> None:
        """Say whose face it is, unless the token does; again on a connection that is made anew."""
        failed = 0
        by_token = self._room.me.on_behalf == self._agent
        while not by_token:
            self._people.clear()
            try:
                if not self._introduced and self._agent_is_here():
                    self._introduced = True
                    await self._room.introduce({ON_BEHALF: self._agent})
                    failed = 0
            except TransportError as error:  # also where it came too early on a new connection
                self._introduced, failed = False, failed + 1
                if failed == INTRODUCTIONS:
                    logger.warning("clients may not see whose face this is: %s", error)
                    return
                continue
            await self._people.wait()

    def _clear(self, caller: str, payload: str) -> str:
        """Answer ``lk.clear_buffer``."""
        del payload  # it has none
        if caller != self._agent:
            logger.warning("%s may not interrupt agent %s", caller, self._agent)
            return REJECTED
        if self._intake is None:
            for incoming in self._early:
                incoming.close()
                self._reports.put(Done(0.0, interrupted=True))
            self._early.clear()
            return CLEARED
        cut = self._segments.clear()
        self._intake.clear()
        logger.info(
            "interrupted: nothing heard after %.3f s, nothing shown from frame %d, mouth shut in "
            "%.0f ms, %d samples dropped",
            cut.at.pts / TICKS_PER_SECOND, cut.at.first, 1000.0 * cut.at.neutral_s, cut.dropped,
        )  # fmt: skip
        return CLEARED

    def _fail(self, cause: Exception) -> None:
        if not self._over.done():
            self._over.set_exception(cause)


async def pump(segments: Segments) -> None:
    """Give the session speech as time goes on, until cancelled."""
    while True:
        segments.pump()
        await asyncio.sleep(PUMP_S)


def _unseen(frames: MotionFrames) -> None:
    """Motion is shown, not sent; further doors of the session listen by themselves."""
    del frames
