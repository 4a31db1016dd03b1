"""A talking face for a bot: an asyncio client of ``/v1/realtime``.

::

    async with connect("ws://localhost:8080/v1/realtime", token=key) as avatar:
        await avatar.append(pcm)              # as often as speech is made, faster than it is spoken
        spoken = await avatar.finish()        # it was heard to its end, or cut
        async for frame in avatar.frames():   # elsewhere: weights, pose and sound of 40 ms each
            ...
        cut = await avatar.interrupt()        # quiet; where, and how soon the mouth is shut

A connection that is lost takes its face and its unspoken speech with it, so nothing is connected
anew behind anyone's back: every call that waits and every iteration raises `PeerClosed`. Connect
again and say again what had not been heard; only connecting itself may be patient
(``Options.patience_s``).
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from websockets.exceptions import ConnectionClosed

from clients.python.backlog import Backlog
from clients.python.dialling import Line, Options, address, dial, event, lost
from clients.python.face import Cut, Frame, Spoken, cut_of
from clients.python.incoming import Event, Incoming
from clients.python.ledger import CANCELLED, Ledger
from stream_engine.audio.speech_queue import Pcm
from stream_engine.errors import PeerClosed, StreamEngineError
from stream_engine.manner_wire import Manner
from stream_engine.realtime_deltas import pcm_in
from stream_engine.realtime_wire import Answer, CutAnswer, SessionUpdated

RATE_HZ = 24_000
PIECE_S = 2.0
"""Longest piece of speech in a message."""


@asynccontextmanager
async def connect(
    url: str,
    *,
    token: str = "",
    rate: int = RATE_HZ,
    binary: bool = True,
    options: Options | None = None,
) -> AsyncIterator["Avatar"]:
    """Open a session for as long as the block lasts.

    Args:
        url: Of the door, ``ws://host:port/v1/realtime``.
        token: Key or token, where the server wants one.
        rate: Of the speech, samples a second: 8,000 to 48,000, a multiple of 25.
        binary: Sound and motion come as bytes, less than half of their JSON.
        options: The rest.

    Yields:
        The face.

    Raises:
        Unreachable: If there is no server.
        StreamEngineError: What the server refuses, in its own words.
    """
    chosen = options or Options()
    avatar = Avatar(await dial(address(url, rate, binary, chosen), token, chosen), chosen)
    try:
        yield avatar
    finally:
        await avatar.close()


class Avatar:
    """A session of its own, or a voice in someone else's; `connect` makes it.

    *State*: frames and events not taken (bounded, the oldest gives way, counted), what it asked.
    *Thread*: the loop.

    Args:
        line: Connected; this reads it from now on.
        options: Bounds.

    Attributes:
        session: What the server said of it: rate, profile, delay, names.
        waiting_frames: Frames not taken; its ``dropped`` counts those that gave way.
        waiting_events: Events, likewise.
    """

    def __init__(self, line: Line, options: Options) -> None:
        self._socket, self.session = line.socket, line.session
        rate_hz, loop = self.session.rate_hz, asyncio.get_running_loop()
        self._backlog = Backlog(options.most_ahead_s, loop.time)
        self._ledger = Ledger(rate_hz)
        self._incoming = Incoming(self.session, self._ledger, options)
        self.waiting_frames, self.waiting_events = self._incoming.frames, self._incoming.events
        self._moved = asyncio.Event()
        self._cause: StreamEngineError | None = None
        self._reading = loop.create_task(self._read())

    async def append(self, pcm: bytes | Pcm) -> None:
        """Send speech of the response that is open, or of a new one.

        Waits while more than ``Options.most_ahead_s`` has not been spoken. What an interrupt meets
        while it waits is not sent.

        Args:
            pcm: PCM16 mono, little-endian bytes or int16 [N], at the session's rate.

        Raises:
            SignalingError: If half a sample is left over.
            StreamEngineError: If earlier speech was refused, or the connection is lost.
        """
        data = pcm if isinstance(pcm, bytes) else pcm.astype("<i2").tobytes()
        pcm_in(data)
        response, rate_hz = self._ledger.begin(), self.session.rate_hz
        size = 2 * int(PIECE_S * rate_hz)
        for at in range(0, len(data), size):
            piece = data[at : at + size]
            seconds = len(piece) / 2 / rate_hz
            while not response.cut and (wait_s := self._backlog.wait_s(seconds)) > 0.0:
                await self._wait(wait_s)
            if response.cut:
                return
            self._backlog.add(seconds)
            if self.session.encoding == "binary":
                await self._speak(piece)
            else:
                text = base64.b64encode(piece).decode()
                await self._speak(event("input_audio_buffer.append", audio=text))

    async def finish(self) -> Spoken:
        """Say that the open response is whole, and wait until it was heard or cut.

        Returns:
            Which of both, and how much of it was heard.

        Raises:
            StreamEngineError: If the server refuses, or the connection is lost.
        """
        response = self._ledger.commit()
        if not response.cut:
            await self._speak(event("input_audio_buffer.commit", event_id=response.name))
        return await asyncio.shield(response.done)

    async def say(self, speech: bytes | Pcm | str) -> Spoken:
        """Speak a whole response.

        Args:
            speech: PCM16, for `append` and `finish`; or text, spoken in the server's own voice.

        Returns:
            As `finish`.

        Raises:
            SignalingError: If a response is open, or the text has nothing to say.
            StreamEngineError: As `append`; if the server has no voice, or that fails.
        """
        if not isinstance(speech, str):
            await self.append(speech)
            return await self.finish()
        response = self._ledger.whole()
        await self._speak(event("input_text_buffer.append", text=speech, event_id=response.name))
        await self._speak(event("input_text_buffer.commit", event_id=response.name))
        return await asyncio.shield(response.done)

    async def interrupt(self) -> Cut:
        """Stop sound and face at once, and forget everything that was appended.

        Frames that wait are freed of what was cut before this returns.

        Returns:
            Where it was cut, and how soon the mouth is shut.

        Raises:
            StreamEngineError: If the connection is lost.
        """
        self._backlog.clear()
        answer = await self._ask("response.cancel", CANCELLED)
        assert isinstance(answer, CutAnswer)
        return cut_of(answer, self.session.rate_hz)

    async def pause(self) -> Cut:
        """Stop at once, and keep what was not heard; StreamEngineError if the server is lost."""
        self._backlog.pause()
        answer = await self._ask("response.pause", "response.paused")
        assert isinstance(answer, CutAnswer)
        return cut_of(answer, self.session.rate_hz)

    async def resume(self) -> None:
        """Go on with the sample that would have come next; as `pause`."""
        await self._ask("response.resume", "response.resumed")
        self._backlog.resume()
        self._moved.set()

    async def express(
        self,
        emotion: str | None = None,
        intensity: float | None = None,
        style: float | None = None,
        times_s: tuple[float, float, float] | None = None,
    ) -> Manner:
        """Change emotion, intensity or style; None leaves it as it is.

        Args:
            emotion: By name.
            intensity: 0..1.
            style: Strength of articulation, 0..2.
            times_s: For an expression that passes: how long it takes to come, stays, and takes to
                go.

        Returns:
            The manner it has now.

        Raises:
            StreamEngineError: If the server knows no such emotion, or is lost.
        """
        manner: dict[str, object] = {"emotion": emotion, "intensity": intensity, "style": style}
        if times_s is not None:
            names = ("onset_s", "apex_s", "offset_s")
            manner = {**manner, **dict(zip(names, times_s, strict=True))}
        answer = await self._ask("session.update", "session.updated", session=manner)
        assert isinstance(answer, SessionUpdated)
        return answer.session

    def frames(self) -> AsyncIterator[Frame]:
        """Frames as they come, each with its sound; raises what ended the connection."""
        return self.waiting_frames.read()

    def events(self) -> AsyncIterator[Event]:
        """What the face does, how well, and what becomes of responses; raises as `frames`."""
        return self.waiting_events.read()

    async def close(self) -> None:
        """Leave; whoever waits for frames or events gets the rest and ends."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        self._end(PeerClosed("the connection was closed here"), expected=True)
        await self._socket.close()

    async def _wait(self, seconds: float) -> None:
        self._moved.clear()
        with suppress(TimeoutError):
            timeout = None if seconds == float("inf") else seconds
            await asyncio.wait_for(self._moved.wait(), timeout)
        if self._cause is not None:
            raise self._cause

    async def _speak(self, message: str | bytes) -> None:
        """Send speech; what was refused of earlier speech is told before."""
        refused, self._incoming.refused = self._incoming.refused, None
        if refused is not None:
            raise refused
        await self._send(message)

    async def _send(self, message: str | bytes) -> None:
        if self._cause is not None:
            raise self._cause
        try:
            await self._socket.send(message)
        except ConnectionClosed as error:
            raise self._cause or lost(error) from error

    async def _ask(self, kind: str, answer: str, **fields: object) -> Answer:
        name, done = self._ledger.ask(answer)
        self._moved.set()  # speech that waited for its turn may have been cut
        await self._send(event(kind, event_id=name, **fields))
        return await done

    async def _read(self) -> None:
        cause: StreamEngineError = PeerClosed("the server closed the connection")
        try:
            async for message in self._socket:
                self._incoming.take(message)
        except ConnectionClosed as error:
            cause = lost(error)
        except StreamEngineError as error:
            cause = error
        self._end(cause)

    def _end(self, cause: StreamEngineError, expected: bool = False) -> None:
        if self._cause is None:
            self._cause = cause
            self._ledger.fail(cause)
            self._incoming.close(None if expected else cause)
            self._moved.set()


async def listen(avatar: Avatar, level_db: float) -> None:
    """Tell a face how loud somebody is who talks to it; while it is silent it listens to them.

    Args:
        avatar: Whose face.
        level_db: Of full scale, -120..0; ten times a second is enough. Believed for .6 s.

    Raises:
        StreamEngineError: If the server is lost. What it refuses comes with the next answer.
    """
    await avatar._send(event("listen", level_db=level_db))
