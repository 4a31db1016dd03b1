"""One browser: a WebRTC connection around a session."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

import av
import numpy as np
from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError

from stream_engine.errors import (
    ConfigError,
    PeerClosed,
    SignalingError,
    StreamEngineError,
    TimeUp,
)
from stream_engine.gate.buckets import Bucket
from stream_engine.household import Household
from stream_engine.session import Session
from stream_engine.session_parts import SessionParts
from stream_engine.telemetry.spans import recording, span
from stream_engine.transport import encoder, jitter_buffer
from stream_engine.transport.outgoing import Outgoing
from stream_engine.transport.paced_outlet import PacedOutlet
from stream_engine.transport.peer_stats import interrupted_message, stats_of
from stream_engine.transport.sent_time import FACE_RTP_HZ, VOICE_RTP_HZ, SentTime
from stream_engine.transport.signaling import BAD_OFFER, ice_servers, usable_sdp
from stream_engine.transport.tracks import FaceTrack, VoiceTrack
from stream_engine.types import F32, TICKS_PER_SECOND, MotionFrames
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
    """Connects a browser to a session until either is done.

    *State*: the connection and a task per received track. *Thread*: the loop.

    Args:
        house: Opens the session.
        parts: What the session is made of.
        on_closed: Told once, after the end.
        outputs: Names of those that its motion also goes to; the server's usual ones by default.

    Raises:
        ConfigError: If there is no such output.
        CapacityError: If the server is full, or an output is taken.
    """

    def __init__(
        self,
        house: Household,
        parts: SessionParts,
        on_closed: Callable[["Peer"], None],
        outputs: Sequence[str] | None = None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._clock = house.clock
        self._all = house.tally
        self._render = house.render
        self._config = house.config.server
        self._on_closed = on_closed
        rate = house.config.limits.messages_per_s
        self._events = Bucket(rate, max(1.0, rate), self._clock.now())
        self._channel: Any = None
        self._sent: dict[str, SentTime] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Task[None] | None = None
        self._cause: Exception | None = None
        self._heard_s = self._clock.now()
        self.session: Session = house.open(parts, self._on_motion, self._on_error)
        self._outlet = self._open_outlet(house, outputs)
        self._log = logging.LoggerAdapter(logger, {"session": self.session.id})
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=ice_servers(self._config)))
        self._pc.on("track", self._on_track)
        self._pc.on("datachannel", self._on_channel)
        self._pc.on("connectionstatechange", self._on_state)

    def _open_outlet(self, house: Household, names: Sequence[str] | None) -> PacedOutlet:
        try:
            outlet = house.outputs.open(names)
        except StreamEngineError:
            self.session.close()
            raise
        return PacedOutlet(outlet, self.session.playout.due, self._clock, self._loop.call_later)

    @property
    def silent_s(self) -> float:
        """Seconds since the peer was last heard, by audio or by message."""
        return self._clock.now() - self._heard_s

    async def answer(self, offer: Offer) -> Answer:
        """Take the offer and make the answer.

        Args:
            offer: With an audio section; video and data channel as the client wants.

        Returns:
            The answer; media flows as soon as the client has it.

        Raises:
            SignalingError: If the offer cannot be used.
        """
        sdp = usable_sdp(offer)
        outgoing = self._add_tracks()
        try:
            await self._pc.setRemoteDescription(RTCSessionDescription(sdp, offer.type))
            if recording():
                outgoing.time_packets()
            await self._pc.setLocalDescription(await self._pc.createAnswer())
        except BAD_OFFER as error:
            if self._cause is not None:  # closed meanwhile: the offer is not to blame
                raise self._cause from error
            raise SignalingError(
                "the SDP offer cannot be used",
                got=f"{type(error).__name__}: {error}"[:200],
                expected="an offer with Opus audio and VP8 video",
            ) from error
        local = self._pc.localDescription
        delay_ms = round(self.session.delay * 1000 / TICKS_PER_SECOND)
        self._log.info("session opened, profile %s", self.session.parts.profile)
        return Answer(local.sdp, local.type, self.session.id, self.session.parts.profile, delay_ms)

    def _add_tracks(self) -> Outgoing:
        tracks = VoiceTrack(self.session), FaceTrack(self.session)
        voice = self._pc.addTransceiver(tracks[0], direction="sendrecv")
        face = self._pc.addTransceiver(tracks[1], direction="sendonly")
        self._sent = {
            "voice": SentTime(voice.sender, VOICE_RTP_HZ),
            "face": SentTime(face.sender, FACE_RTP_HZ),
        }
        for track, clock in zip(tracks, self._sent.values(), strict=True):
            track.on_sent = clock.sent
        # One stream for both, so that the browser plays them in sync.
        face.sender._stream_id = voice.sender._stream_id
        jitter_buffer.install(voice.receiver, self.session.tally)
        codecs = RTCRtpSender.getCapabilities("video").codecs
        face.setCodecPreferences([c for c in codecs if c.mimeType in ("video/VP8", "video/rtx")])
        steady = encoder.install(face.sender, self._config.video_kbps, self._clock)
        return Outgoing(face.sender, steady)

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
        zeros = {name: at.zero for name, at in self._sent.items() if at.zero is not None}
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
            await self._pc.close()
        except BAD_OFFER as error:  # a connection that was only half set up
            self._log.info("closing left something undone: %r", error)
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
            if isinstance(message, Express):
                self.session.lane.express(message.emotion, message.intensity, message.style)
            elif isinstance(message, Interrupt):
                self.send(interrupted_message(self.session.interrupt()))
            elif isinstance(message, View) and self._closing is None:
                assert self.session.seat is not None  # a browser's session has pictures
                self._render.show(self.session.seat, message.video)
        except (SignalingError, ConfigError) as error:
            self.send(failure_of(error, ends=False))
            return
        if isinstance(message, Heartbeat):
            self.send(Pong(message.t))

    def _on_state(self) -> None:
        state = self._pc.connectionState
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
