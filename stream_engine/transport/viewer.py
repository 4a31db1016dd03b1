"""Somebody who watches a session that another door opened."""

import asyncio
import logging
import secrets
from collections.abc import Callable

from stream_engine.config import EngineConfig
from stream_engine.session import Session
from stream_engine.transport.connection import Connection
from stream_engine.transport.peer_stats import answer_of
from stream_engine.transport.role import Role
from stream_engine.transport.signaling import BAD_OFFER
from stream_engine.types import MotionFrames
from stream_engine.wire import Answer, Offer

logger = logging.getLogger(__name__)


class Viewer:
    """Shows a session to one more pair of eyes; the session neither waits for it nor ends with it.

    *State*: the connection. *Thread*: the loop.

    Args:
        session: Shown; it has pictures.
        config: Settings.
        on_closed: Told once, after the end.

    Attributes:
        id: Its name among all.
    """

    def __init__(
        self, session: Session, config: EngineConfig, on_closed: Callable[["Viewer"], None]
    ) -> None:
        self.id = secrets.token_urlsafe(9)
        self.session = session
        self._on_closed = on_closed
        self._opened_s = session.clock.now()
        self._closing: asyncio.Task[None] | None = None
        self.connection = Connection(session, config, Role.WATCHES)
        self.connection.on("connectionstatechange", self._on_state)
        session.listeners.append(self)
        session.audience.look(self, True)

    @property
    def silent_s(self) -> float:
        """Seconds that it has been waited for; ICE itself notices who leaves later."""
        connected = self.connection.state == "connected"
        return 0.0 if connected else self.session.clock.now() - self._opened_s

    def excuse(self, seconds: float) -> None:
        """Wait for it so much longer: nobody could be heard."""
        self._opened_s += seconds

    async def answer(self, offer: Offer) -> Answer:
        """Take the offer and make the answer; see `Connection.answer`."""
        sdp, kind = await self.connection.answer(offer)
        return answer_of(sdp, kind, self.session)

    def motion(self, frames: MotionFrames) -> None:
        """Leave motion to those who draw themselves."""

    def ended(self) -> None:
        """Leave with the session."""
        self._end()

    async def close(self, cause: Exception | None = None) -> None:
        """End the connection; may be called again."""
        await asyncio.shield(self._end())

    def _end(self) -> asyncio.Task[None]:
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close())
        return self._closing

    async def _close(self) -> None:
        self.session.audience.look(self, False)
        if self in self.session.listeners:
            self.session.listeners.remove(self)
        try:
            await self.connection.close()
        except BAD_OFFER as error:  # a connection that was only half set up
            logger.info("closing left something undone: %r", error)
        except Exception:
            logger.exception("a viewer's connection failed to close")
        self._on_closed(self)

    def _on_state(self) -> None:
        state = self.connection.state
        if state == "connected":
            self.session.begin()
        elif state in ("failed", "closed"):
            self._end()
