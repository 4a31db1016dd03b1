"""Who is connected by WebRTC: those who opened a session, and those who watch one."""

from __future__ import annotations

import asyncio
import logging
from importlib import import_module
from typing import TYPE_CHECKING

from stream_engine.errors import (
    CapacityError,
    ConfigError,
    PeerClosed,
    SessionGone,
    StreamEngineError,
)
from stream_engine.household import Household
from stream_engine.transport.role import Role
from stream_engine.wire import Answer, Offer

if TYPE_CHECKING:
    from stream_engine.transport.peer import Peer
    from stream_engine.transport.viewer import Viewer

WEBRTC = ("stream_engine.transport.peer", "stream_engine.transport.viewer")
"""Imported beside the loop: aiortc takes a quarter of a start, and nobody speaks through it yet."""

SLEPT_S = 3.0
"""Between two looks, a second apart: the machine slept, and nobody could be heard meanwhile."""

logger = logging.getLogger(__name__)


class Peers:
    """Opens, finds and ends WebRTC connections.

    *Thread*: the loop.

    Args:
        house: Opens the sessions.

    Attributes:
        hosts: Who opened a session, by its name.
        viewers: Who watch one, by their own.
    """

    def __init__(self, house: Household) -> None:
        self._house = house
        self.hosts: dict[str, Peer] = {}
        self.viewers: dict[str, Viewer] = {}
        self._looked_s = house.clock.now()
        self._closing: dict[Peer | Viewer, asyncio.Task[None]] = {}

    @staticmethod
    async def prepare() -> None:
        """Import what connections need, if that has not been done."""
        for module in WEBRTC:
            await asyncio.to_thread(import_module, module)

    async def open(self, offer: Offer, role: Role = Role.CALLS) -> Answer:
        """Open a session.

        Args:
            offer: Of its first peer.
            role: Of that.

        Returns:
            The answer.

        Raises:
            StreamEngineError: If the offer cannot be used, or there is no room.
        """
        await self.prepare()
        from stream_engine.transport.peer import Peer

        house, config = self._house, self._house.config
        profile, avatar = offer.profile or config.motion.profile, offer.avatar
        house.admit(profile)
        house.outputs.named(offer.outputs)
        avatar = avatar or config.render.avatar
        parts = await asyncio.to_thread(house.make_parts, profile, avatar, offer.record)
        peer = Peer(house, parts, self._forget, offer.outputs, role)
        self.hosts[peer.session.id] = peer
        return await _answered(peer, offer)

    async def watch(self, session: str, offer: Offer) -> tuple[Answer, Viewer]:
        """Show a session that is there to one more.

        Args:
            session: Its name.
            offer: Of who watches.

        Returns:
            The answer, and the viewer.

        Raises:
            SessionGone: If there is no such session.
            ConfigError: If it has no pictures.
            CapacityError: If enough people watch it, or the server is going away.
            SignalingError: If the offer cannot be used.
        """
        await self.prepare()
        from stream_engine.transport.viewer import Viewer

        found = self._house.by_name.get(session)
        if found is None:
            raise gone(session)
        if found.seat is None:
            raise ConfigError(
                "the session has no pictures",
                got="a session that was opened by WebSocket",
                fix="open it with WHIP or WHEP, and push speech to it with ?session=",
            )
        most = self._house.config.limits.viewers_per_session
        watching = sum(viewer.session is found for viewer in self.viewers.values())
        if watching >= most:
            raise CapacityError(
                "enough people watch this session",
                got=f"{watching} viewers",
                expected=f"at most {most}",
                fix="try again when someone has left, or raise limits.viewers_per_session",
            )
        viewer = Viewer(found, self._house.config, self._forget_viewer)
        self.viewers[viewer.id] = viewer
        return await _answered(viewer, offer), viewer

    async def look_after(self) -> None:
        """Send statistics, and end who fell silent; once a second."""
        now = self._house.clock.now()
        away_s, self._looked_s = now - self._looked_s, now
        if away_s > SLEPT_S:
            self._excuse(away_s)
        for host in tuple(self.hosts.values()):
            try:
                self._look_after(host)
                if host.session.id in self.hosts:
                    host.send_stats()
            except Exception as error:
                logger.exception("looking after a session failed")
                self._end(host, error)
        for viewer in tuple(self.viewers.values()):
            self._look_after(viewer)

    def _excuse(self, seconds: float) -> None:
        for host in self.hosts.values():
            host.excuse(seconds)
        for viewer in self.viewers.values():
            viewer.excuse(seconds)

    def _look_after(self, peer: Peer | Viewer) -> None:
        silent_s = peer.silent_s
        if silent_s > self._house.config.server.heartbeat_timeout_s and peer not in self._closing:
            peer.session.tally.add("peers_vanished_total")
            self._end(peer, PeerClosed("nothing was heard", got=f"{silent_s:.0f} s"))

    def _end(self, peer: Peer | Viewer, cause: Exception) -> None:
        """End a connection; the others are not to wait for it."""
        if peer not in self._closing:
            self._closing[peer] = asyncio.create_task(peer.close(cause))
            self._closing[peer].add_done_callback(lambda _: self._closing.pop(peer))

    async def close(self, cause: Exception | None = None) -> None:
        """End every session, and so every connection; with a cause, every client is told."""
        everybody: list[Peer | Viewer] = [*self.hosts.values(), *self.viewers.values()]
        await asyncio.gather(*(peer.close(cause) for peer in everybody))

    def _forget(self, peer: Peer) -> None:
        self.hosts.pop(peer.session.id, None)

    def _forget_viewer(self, viewer: Viewer) -> None:
        self.viewers.pop(viewer.id, None)


def gone(session: str) -> StreamEngineError:
    """Make the error for a session or viewer that is not there."""
    return SessionGone("there is no such session", got=repr(session)[:80], fix="open a new session")


async def _answered(peer: Peer | Viewer, offer: Offer) -> Answer:
    try:
        return await peer.answer(offer)
    except BaseException:
        await peer.close()
        raise
