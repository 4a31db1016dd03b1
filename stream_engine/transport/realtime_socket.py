"""The assistants' door: speech pushed over a WebSocket, spoken in time, cut at a word."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from stream_engine.audio.speech_queue import Pcm
from stream_engine.errors import (
    ConfigError,
    PeerClosed,
    SignalingError,
    TransportError,
    VoiceError,
)
from stream_engine.household import Household
from stream_engine.manner_wire import Listen
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
    Event,
    FaceState,
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
from stream_engine.text_wire import AppendText, CommitText
from stream_engine.transport.heed import heed, manner_after
from stream_engine.transport.outbox import Dismissal, Outbox
from stream_engine.transport.realtime_answers import cut_answer, described, heard_ms
from stream_engine.transport.sync_teller import SyncTeller
from stream_engine.types import MotionFrames
from stream_engine.voice.speaker import Mouth, Speaker
from stream_engine.wire import failure_of

PUMP_S = 0.02
"""Speech is given to the session so often."""

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

    *State*: a prompter, text not yet speech, answers that were not sent. *Thread*: the loop.

    Args:
        house: Opens the session.
        socket: Accepted.
        wish: What the client asked for.
    """

    def __init__(self, house: Household, socket: WebSocket, wish: Wish) -> None:
        self._house, self._socket, self._wish = house, socket, wish
        self._loop = asyncio.get_running_loop()
        self._outbox: Outbox[Answer | bytes | Exception] = Outbox(2 * MOST_UNSENT)
        self._dismissal = Dismissal()
        self._after_cut: list[Answer | bytes] | None = None
        self._response = ""

    async def run(self) -> None:
        """Serve until the client leaves; raises what ended it otherwise."""
        self.session = await self._open()
        listeners, teller = self.session.sync.listeners, SyncTeller(self._offer)
        listeners.append(teller)
        try:
            rate_hz, voice = self._wish.rate_hz, self._house.voice
            prompter = self._prompter = Prompter(self.session, rate_hz, self._on_happening)
            mouth = Mouth(self._push, prompter.end, lambda: prompter.waiting_s, self._refuse)
            self._speaker = Speaker(voice, rate_hz, mouth)
            about = described(self.session, rate_hz, self._wish.binary, voice is not None)
            self._say(SessionCreated(about))
            if self._wish.idle:
                self.session.begin()
            works = self._read, self._send, self._pump, self._dismissal.overdue
            tasks = [asyncio.create_task(work()) for work in works]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, self._speaker.close(), return_exceptions=True)
        finally:
            listeners.remove(teller)
            self._leave()

    def dismiss(self, cause: Exception) -> None:
        """End it with a reason; on any thread."""
        self._loop.call_soon_threadsafe(self._end, cause)

    def _end(self, cause: Exception) -> None:
        self._put(cause)
        self._dismissal.say(cause)

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

    async def _read(self) -> None:
        while True:
            await self._outbox.room()  # who does not read is not answered any more, nor heard
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1005))
            text, data = message.get("text") or "", message.get("bytes")
            try:
                if data is not None:
                    self._hear(pcm_in(data))
                else:
                    self._take(read_event(text))
            except (SignalingError, ConfigError, TransportError, VoiceError) as error:
                self._refuse(error, "" if data is not None else event_id_of(text))

    def _refuse(self, error: Exception, event_id: str) -> None:
        self._say(RealtimeError(failure_of(error).error, event_id))

    def _hear(self, pcm: Pcm) -> None:
        """Take speech of the client's own."""
        if self._speaker.busy:
            raise SignalingError(
                "text is being spoken",
                got="speech",
                fix="commit the text and wait for its response.done, or send response.cancel",
            )
        self._push(pcm)

    def _push(self, pcm: Pcm) -> None:
        response = self._prompter.push(pcm)
        if response != self._response:
            self._response = response
            self._say(ResponseCreated(response))

    def _take(self, event: Event) -> None:
        if isinstance(event, AppendAudio):
            self._hear(pcm_of(event.audio))
        elif isinstance(event, AppendText):
            self._speaker.append(event.text, event.event_id)
        elif isinstance(event, CommitText):
            self._speaker.commit()
        elif isinstance(event, CommitAudio):
            if self._speaker.busy or self._prompter.end() is None:
                raise SignalingError(
                    "there is nothing to commit",
                    fix="append audio before input_audio_buffer.commit",
                )
        elif isinstance(event, UpdateSession):
            heed(self.session.lane, event.session)
            self._say(SessionUpdated(manner_after(self.session.lane, event.session)))
        elif isinstance(event, Listen):
            heed(self.session.lane, event)
        elif isinstance(event, CancelResponse):
            self._speaker.cancel()
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
        answer = cut_answer(kind, cut, self._wish.rate_hz)
        self._say(answer)
        if kind == "response.cancelled" and cut.utterance is not None:
            self._say(ResponseDone(cut.utterance, "cancelled", answer.audio_end_ms))
        self._say(FaceState(state, answer.pts))
        for delta in self._after_cut:
            self._put(delta)
        self._after_cut = None

    def _on_happening(self, happening: Happening) -> None:
        kind = f"output_audio_buffer.{happening.what}"
        self._say(AudioHappening(kind, happening.utterance, happening.pts))
        self._say(FaceState(_STATES[happening.what], happening.pts))
        if happening.what == STOPPED:
            end_ms = heard_ms(happening.heard, self._wish.rate_hz)
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
