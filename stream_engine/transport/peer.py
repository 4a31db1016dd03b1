"""Who opened a session by WebRTC: a browser mostly."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import av
import numpy as np
from aiortc.mediastreams import MediaStreamError

from stream_engine.errors import (
    ConfigError,
    PeerClosed,
    SignalingError,
    TimeUp,
)
from stream_engine.gate.buckets import Bucket
from stream_engine.household import Household
from stream_engine.manner_wire import Listen
from stream_engine.session import Session
from stream_engine.session_parts import SessionParts
from stream_engine.telemetry.spans import span
from stream_engine.transport.connection import Connection
from stream_engine.transport.heed import heed
from stream_engine.transport.paced_outlet import PacedOutlet
from stream_engine.transport.peer_stats import answer_of, interrupted_message, stats_of
from stream_engine.transport.role import Role
from stream_engine.transport.signaling import BAD_OFFER
from stream_engine.transport.sync_teller import SyncTeller
from stream_engine.types import F32, MotionFrames
from stream_engine.wire import (
    Answer,
    Express,
    Heartbeat,
    Interrupt,
    Message,
    Offer,
    Pong,
    View,
    decode_event,
    encode,
    failure_of,
    motion_message,
)

CHANNEL = "events"
"""Label of the data channel, opened by the client."""

MAX_BUFFERED = 64 * 1024
"""Bytes waiting in the data channel above which events are dropped."""

logger = logging.getLogger(__name__)


class Peer:
    """Opens a session for the other end of a connection; both end together.

    *State*: the connection and a task per received track. *Thread*: the loop.

    Args:
        house: Opens the session.
        parts: What the session is made of.
        on_closed: Told once, after the end.
        outputs: Names of those that its motion also goes to; the server's usual ones by default.
        role: Of the other end.

    Raises:
        ConfigError: If there is no such output.
        CapacityError: If the server is full, or an output is taken; no session is left then.
    """

    def __init__(
        self,
        house: Household,
        parts: SessionParts,
        on_closed: Callable[["Peer"], None],
        outputs: Sequence[str] | None = None,
        role: Role = Role.CALLS,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._clock = house.clock
        self._all = house.tally
        self._on_closed = on_closed
        rate = house.config.limits.messages_per_s
        self._events = Bucket(rate, max(1.0, rate), self._clock.now())
        self._channel: Any = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Task[None] | None = None
        self._cause: Exception | None = None
        self._heard_s = self._clock.now()
        self.session: Session = house.open(parts, self._on_motion, self._on_error)
        with ExitStack() as undoing:
            undoing.callback(self.session.close)
            outlet = house.outputs.open(outputs)
            undoing.callback(outlet.close)
            self.connection = Connection(self.session, house.config, role)
            undoing.pop_all()
        due = self.session.playout.due
        self._outlet = PacedOutlet(outlet, due, self._clock, self._loop.call_later)
        self._log = logging.LoggerAdapter(logger, {"session": self.session.id})
        self.session.sync.listeners.append(SyncTeller(self.send))
        self.session.audience.look(self, role is not Role.SPEAKS)
        self._may_be_silent = role is not Role.CALLS
        self.connection.on("track", self._on_track)
        self.connection.on("datachannel", self._on_channel)
        self.connection.on("connectionstatechange", self._on_state)

    @property
    def silent_s(self) -> float:
        """Seconds since the peer was last heard, by audio or by message.

        Players by WHIP and WHEP send no heartbeat: of them ICE notices who leaves.
        """
        if self._may_be_silent and self.connection.state == "connected":
            return 0.0
        return self._clock.now() - self._heard_s

    def excuse(self, seconds: float) -> None:
        """Do not count this as silence: nobody could be heard."""
        self._heard_s = min(self._clock.now(), self._heard_s + seconds)

    async def answer(self, offer: Offer) -> Answer:
        """Take the offer and make the answer.

        Args:
            offer: With an audio section; video and data channel as the client wants.

        Returns:
            The answer; media flows as soon as the client has it.

        Raises:
            SignalingError: If the offer cannot be used.
        """
        try:
            sdp, kind = await self.connection.answer(offer)
        except SignalingError as error:
            if self._cause is not None:  # closed meanwhile: the offer is not to blame
                raise self._cause from error
            raise
        self._log.info("session opened, profile %s", self.session.parts.profile)
        return answer_of(sdp, kind, self.session)

    def send(self, message: Message) -> None:
        """Send an event; dropped and counted when the peer does not take them."""
        channel = self._channel
        if channel is None or channel.readyState != "open":
            return
        if channel.bufferedAmount > MAX_BUFFERED:
            self.session.tally.add("events_dropped_total")
            return
        channel.send(encode(message))

    def send_stats(self) -> None:
        """Send what was counted and measured so far."""
        sent = self.connection.sent
        zeros = {name: at.zero for name, at in sent.items() if at.zero is not None}
        self.send(stats_of(self.session, self._all, zeros))

    async def close(self, cause: Exception | None = None) -> None:
        """End the session and the connection; may be called again.

        Args:
            cause: Sent to the peer if there is one.
        """
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(cause))
        await asyncio.shield(self._closing)

    async def _close(self, cause: Exception | None) -> None:
        self._cause = cause
        self.session.close()
        self._outlet.close()
        if cause is not None:
            self.send(failure_of(cause))
            await asyncio.sleep(0)  # let the data channel put it on the wire
        for task in self._tasks:
            task.cancel()
        try:
            await self.connection.close()
        except BAD_OFFER as error:  # a connection that was only half set up
            self._log.info("closing left something undone: %r", error)
        except Exception:  # noqa: BLE001 - logged; whoever waits for the end must see it
            self._log.exception("a connection failed to close")
        self._log.info("session closed%s", f": {cause}" if cause else "")
        self._on_closed(self)

    def _on_motion(self, frames: MotionFrames) -> None:
        self.send(motion_message(frames))
        self._outlet.write(frames)

    def _on_error(self, error: Exception) -> None:
        if not isinstance(error, TimeUp):
            self.session.tally.add("sessions_failed_total")
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end, error)

    def _end(self, cause: Exception | None) -> None:
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(cause))

    def _on_track(self, track: Any) -> None:
        # Every received track must be read: aiortc queues what nobody takes.
        first = track.kind == "audio" and not self._tasks
        task = asyncio.create_task(self._listen(track) if first else _discard(track))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self, track: Any) -> None:
        try:
            while True:
                frame = await track.recv()
                self._heard_s = self._clock.now()
                with span("capture", size=frame.samples):
                    self.session.push_audio(frame.pts, mono(frame))
        except MediaStreamError:
            return

    def _on_channel(self, channel: Any) -> None:
        if channel.label == CHANNEL:
            self._channel = channel
            channel.on("message", self._on_message)

    def _on_message(self, text: object) -> None:
        self._heard_s = self._clock.now()
        if self._events.take(self._heard_s) > 0.0:
            self.session.tally.add("events_refused_total")
            return
        try:
            message = decode_event(text if isinstance(text, str) else "")
            if isinstance(message, Express | Listen):
                heed(self.session.lane, message)
            elif isinstance(message, Interrupt):
                self.send(interrupted_message(self.session.interrupt()))
            elif isinstance(message, View):
                self.session.audience.look(self, message.video)
        except (SignalingError, ConfigError) as error:
            self.send(failure_of(error, ends=False))
            return
        if isinstance(message, Heartbeat):
            self.send(Pong(message.t))

    def _on_state(self) -> None:
        state = self.connection.state
        if state == "connected":
            self.session.begin()
        elif state in ("failed", "closed"):
            self._end(PeerClosed("the connection ended", got=state) if state == "failed" else None)


async def _discard(track: Any) -> None:
    try:
        while True:
            await track.recv()
    except MediaStreamError:
        return


def mono(frame: av.AudioFrame) -> F32:
    """Mix a decoded frame (s16, interleaved) down to float32 [N]."""
    channels = len(frame.layout.channels)
    pcm = frame.to_ndarray().reshape(-1, channels)
    mixed: F32 = pcm.astype(np.float32).mean(axis=1) / np.float32(32768.0)
    return mixed
