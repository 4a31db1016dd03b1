"""The assistants' door: speech pushed over a WebSocket, spoken in time, cut at a word."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from stream_engine.audio.speech_queue import Pcm
from stream_engine.errors import ConfigError, PeerClosed, SignalingError, TransportError
from stream_engine.household import Household
from stream_engine.motion.arkit import COEFFICIENT_NAMES
from stream_engine.motion.window import profile_named
from stream_engine.prompter import RESUMED, STARTED, STARVED, STOPPED, Cut, Happening, Prompter
from stream_engine.realtime_deltas import (
    audio_delta,
    motion_bytes,
    motion_delta,
    pcm_in,
    pcm_of,
    sound_bytes,
    sound_of,
)
from stream_engine.realtime_wire import (
    Answer,
    AppendAudio,
    AudioDelta,
    AudioHappening,
    CancelResponse,
    CommitAudio,
    CutAnswer,
    Described,
    Event,
    FaceState,
    Manner,
    MotionDelta,
    PauseResponse,
    RealtimeError,
    ResponseCreated,
    ResponseDone,
    Resumed,
    SessionCreated,
    SessionUpdated,
    UpdateSession,
    as_text,
    event_id_of,
    read_event,
)
from stream_engine.replica.session_name import full_name
from stream_engine.session import Session
from stream_engine.transport.outbox import Outbox
from stream_engine.transport.sync_teller import SyncTeller
from stream_engine.types import MOTION_FPS, TICKS_PER_SECOND, MotionFrames
from stream_engine.wire import failure_of

PUMP_S = 0.02
"""Speech is given to the session so often."""

MS_DIGITS = 3
"""Of milliseconds that stand for samples: they name each one, at 48 kHz, too."""

MOST_UNSENT = 500
"""Deltas for a client that does not read; more are dropped and counted."""

_DELTAS = (MotionDelta, AudioDelta, bytes)
_STATES = {STARTED: "speaking", RESUMED: "speaking", STARVED: "starved", STOPPED: "silent"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client asks for in its URL.

    Attributes:
        rate_hz: Of the speech.
        profile: Latency profile by name.
        binary: Deltas come as binary messages.
        idle: The face lives from the start on; otherwise time begins with the first speech.
        session: Name of an open session to speak through, or empty for one of its own.
        record: Its own session is to be recorded.
    """

    rate_hz: int
    profile: str
    binary: bool
    idle: bool
    session: str
    record: bool = False


class RealtimeSocket:
    """One client that pushes speech: into a session of its own, or into one that has pictures.

    *State*: a prompter, answers that were not sent. *Thread*: the loop.

    Args:
        house: Opens the session.
        socket: Accepted.
        wish: What the client asked for.
    """

    def __init__(self, house: Household, socket: WebSocket, wish: Wish) -> None:
        self._house, self._socket, self._wish = house, socket, wish
        self._loop = asyncio.get_running_loop()
        self._outbox: Outbox[Answer | bytes | Exception] = Outbox(2 * MOST_UNSENT)
        self._after_cut: list[Answer | bytes] | None = None
        self._response = ""

    async def run(self) -> None:
        """Serve until the client leaves; raises what ended it otherwise."""
        self.session = await self._open()
        listeners, teller = self.session.sync.listeners, SyncTeller(self._offer)
        listeners.append(teller)
        try:
            self._prompter = Prompter(self.session, self._wish.rate_hz, self._on_happening)
            self._say(SessionCreated(self._described()))
            if self._wish.idle:
                self.session.begin()
            tasks = [asyncio.create_task(work()) for work in (self._read, self._send, self._pump)]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            listeners.remove(teller)
            self._leave()

    def dismiss(self, cause: Exception) -> None:
        """End it with a reason; on any thread."""
        self._loop.call_soon_threadsafe(self._put, cause)

    def motion(self, frames: MotionFrames) -> None:
        """Send final motion, with its sound if the session has no other door for it."""
        binary = self._wish.binary
        if not self._wish.session:
            sound = sound_of(frames, self._prompter.said, self._wish.rate_hz)
            build = sound_bytes if binary else audio_delta
            self._offer(build(sound.pts, sound.pcm, sound.rate_hz))
            self.session.sync.stamped(frames, self.session.ring)
        self._offer(motion_bytes(frames) if binary else motion_delta(frames))

    def ended(self) -> None:
        """The session that it speaks through is over."""
        self.dismiss(PeerClosed("the session has ended", got=self._wish.session[:40]))

    async def _open(self) -> Session:
        house, wish = self._house, self._wish
        if wish.session:
            prefix = full_name(house.config.server.replica, "")
            session = house.by_name.get(wish.session.removeprefix(prefix))
            if session is None:
                raise SignalingError("there is no such session", got=repr(wish.session)[:40])
            if session.prompted:
                raise SignalingError("somebody else speaks through that session")
            session.listeners.append(self)
            return session
        parts = await asyncio.to_thread(house.make_parts, wish.profile, "", wish.record)
        return house.open(parts, self.motion, self.dismiss)

    def _leave(self) -> None:
        if not self._wish.session:
            self.session.close()
            return
        self._prompter.interrupt()
        self.session.prompted = False
        if self in self.session.listeners:
            self.session.listeners.remove(self)

    def _described(self) -> Described:
        profile = profile_named(self.session.parts.profile)
        return Described(
            id=self.session.id,
            profile=profile.name,
            rate_hz=self._wish.rate_hz,
            fps=MOTION_FPS,
            latency_ms=round(profile.latency * 1000 / TICKS_PER_SECOND),
            delay_ms=round(self.session.delay * 1000 / TICKS_PER_SECOND),
            encoding="binary" if self._wish.binary else "json",
            names=list(COEFFICIENT_NAMES),
        )

    async def _read(self) -> None:
        while True:
            await self._outbox.room()  # who does not read is not answered any more, nor heard
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1005))
            text, data = message.get("text") or "", message.get("bytes")
            try:
                if data is not None:
                    self._push(pcm_in(data))
                else:
                    self._take(read_event(text))
            except (SignalingError, ConfigError, TransportError) as error:
                problem = failure_of(error).error
                self._say(RealtimeError(problem, "" if data is not None else event_id_of(text)))

    def _push(self, pcm: Pcm) -> None:
        response = self._prompter.push(pcm)
        if response != self._response:
            self._response = response
            self._say(ResponseCreated(response))

    def _take(self, event: Event) -> None:
        if isinstance(event, AppendAudio):
            self._push(pcm_of(event.audio))
        elif isinstance(event, CommitAudio):
            if self._prompter.end() is None:
                raise SignalingError(
                    "there is nothing to commit",
                    fix="append audio before input_audio_buffer.commit",
                )
        elif isinstance(event, UpdateSession):
            manner = event.session
            self.session.lane.express(manner.emotion, manner.intensity, manner.style)
            now = self.session.lane.manner
            self._say(SessionUpdated(Manner(now.emotion, now.intensity, now.style)))
        elif isinstance(event, CancelResponse):
            self._cut("response.cancelled", self._prompter.interrupt, "silent")
        elif isinstance(event, PauseResponse):
            self._cut("response.paused", self._prompter.pause, "paused")
        else:
            self._prompter.resume()
            self._say(Resumed())

    def _cut(self, kind: str, work: Callable[[], Cut], state: str) -> None:
        """Cut, answer, and only then send what comes after; no old delta is sent any more."""
        self._outbox.forget(lambda item: isinstance(item, _DELTAS))
        self._after_cut = []
        cut = work()
        rate_hz, at = self._wish.rate_hz, cut.at
        end_ms = round(1000.0 * cut.played / rate_hz, MS_DIGITS)
        self._say(
            CutAnswer(
                type=kind,
                response_id=cut.utterance,
                pts=at.pts,
                frame=at.first,
                resume_frame=at.resume,
                ms_to_neutral=round(1000.0 * at.neutral_s, 1),
                audio_end_ms=end_ms,
                dropped_ms=round(1000.0 * cut.dropped / rate_hz, MS_DIGITS),
            )
        )
        if kind == "response.cancelled" and cut.utterance is not None:
            self._say(ResponseDone(cut.utterance, "cancelled", end_ms))
        self._say(FaceState(state, at.pts))
        for delta in self._after_cut:
            self._put(delta)
        self._after_cut = None

    def _on_happening(self, happening: Happening) -> None:
        kind = f"output_audio_buffer.{happening.what}"
        self._say(AudioHappening(kind, happening.utterance, happening.pts))
        self._say(FaceState(_STATES[happening.what], happening.pts))
        if happening.what == STOPPED:
            end_ms = round(1000.0 * happening.heard / self._wish.rate_hz, MS_DIGITS)
            self._say(ResponseDone(happening.utterance, "completed", end_ms))

    def _say(self, answer: Answer) -> None:
        self._put(answer)

    def _offer(self, delta: Answer | bytes) -> None:
        if self._after_cut is not None:
            self._after_cut.append(delta)
        elif len(self._outbox) > MOST_UNSENT:
            self.session.tally.add("events_dropped_total")
        else:
            self._put(delta)

    def _put(self, item: Answer | bytes | Exception) -> None:
        self._outbox.put(item)

    async def _send(self) -> None:
        while True:
            item = await self._outbox.take()
            if isinstance(item, Exception):
                raise item
            if isinstance(item, bytes):
                await self._socket.send_bytes(item)
            else:
                await self._socket.send_text(as_text(item))

    async def _pump(self) -> None:
        while True:
            self._prompter.pump()
            await asyncio.sleep(PUMP_S)
