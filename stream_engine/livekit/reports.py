"""What is told to the agent, in order, and again if it did not arrive."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from stream_engine.errors import PeerClosed, TransportError
from stream_engine.livekit.room import Room
from stream_engine.livekit.segments import MOST_SEGMENTS, Begun, Done
from stream_engine.livekit.wire import PLAYBACK_FINISHED, PLAYBACK_STARTED, finished

logger = logging.getLogger(__name__)

TRIES = 6
PAUSE_S = 0.1
"""After the first try, and twice as long after each: an agent whose connection is made anew is
back by then. Each try has a long patience of its own in the SDK."""

MOST_UNTOLD = 4 * MOST_SEGMENTS
"""Reports that may wait for an agent that does not answer; more end the session."""


class Reports:
    """Calls the agent for every report, one after the other.

    *State*: `MOST_UNTOLD` reports. *Thread*: the loop.

    Args:
        room: Where the agent is.
        agent: Its identity.
        sleep: Waits for seconds.
    """

    def __init__(
        self, room: Room, agent: str, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._room, self._agent, self._sleep = room, agent, sleep
        self._waiting: deque[Begun | Done] = deque()
        self._filled = asyncio.Event()
        self._wants_begun = True

    def put(self, report: Begun | Done) -> None:
        """Take a report."""
        self._waiting.append(report)
        self._filled.set()

    async def run(self) -> None:
        """Tell until cancelled.

        Raises:
            PeerClosed: If more is untold than may wait.
        """
        while True:
            while self._waiting:
                if len(self._waiting) > MOST_UNTOLD:
                    raise PeerClosed("the agent does not take calls", got=self._agent[:40])
                await self._tell(self._waiting.popleft())
            self._filled.clear()
            await self._filled.wait()

    async def _tell(self, report: Begun | Done) -> None:
        if isinstance(report, Done):
            payload = finished(report.position_s, report.interrupted)
            if not await self._call(PLAYBACK_FINISHED, payload):
                logger.error("the agent does not know %s; it will wait for ever", PLAYBACK_FINISHED)
        elif self._wants_begun:  # an agent that does not wait for it has no such method
            self._wants_begun = await self._call(PLAYBACK_STARTED, "")

    async def _call(self, method: str, payload: str) -> bool:
        for number in range(TRIES):
            try:
                return await self._room.call(self._agent, method, payload)
            except TransportError as error:
                if number + 1 == TRIES:
                    logger.error("the agent was not told: %s", error)
                else:
                    await self._sleep(PAUSE_S * 2**number)
        return True
