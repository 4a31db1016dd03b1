"""Byte streams read one after the other, each into a segment; a bad one ends by itself."""

import asyncio
import logging
from collections import deque
from typing import Literal

from stream_engine.errors import PeerClosed, SignalingError, SpeechBufferFull
from stream_engine.livekit.room import Incoming
from stream_engine.livekit.segments import Segment, Segments
from stream_engine.livekit.wire import PcmReader, Sound, read_sound

logger = logging.getLogger(__name__)

IDLE_S = 10.0
"""A stream that brings nothing for so long has lost its end. Speech is sent faster than it is
spoken, so nobody waits for so long in the middle."""

GRACE_S = 0.25
"""What was sent before the next stream, and has not come, is waited for so long."""

MOST_STREAMS = 64
"""Streams that may wait to be read; more are refused. An agent sends one after the other."""


class SpeechIntake:
    """Reads the agent's streams in the order they came.

    A stream whose end was lost gives way to the next, or ends after `IDLE_S`.

    *State*: `MOST_STREAMS` unread. *Thread*: the loop.

    Args:
        segments: Takes the speech.
        idle_s: Patience with a stream that brings nothing.
    """

    def __init__(self, segments: Segments, idle_s: float = IDLE_S) -> None:
        self._segments = segments
        self._idle_s = idle_s
        self._streams: deque[Incoming] = deque()
        self._came = asyncio.Event()

    def take(self, incoming: Incoming) -> None:
        """Take a stream, to be read when those before it have been."""
        if len(self._streams) >= MOST_STREAMS:
            full = SpeechBufferFull("more streams wait than may", got=str(MOST_STREAMS + 1))
            self._refuse(incoming, full)
            return
        self._streams.append(incoming)
        self._came.set()

    def clear(self) -> None:
        """Forget the streams that have not been read; each is answered as not heard."""
        self._came.clear()
        while self._streams:
            self._streams.popleft().close()
            self._segments.refuse()

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            while not self._streams:  # they may have been cleared since they came
                self._came.clear()
                await self._came.wait()
            incoming = self._streams.popleft()
            if not self._streams:
                self._came.clear()
            await self._read(incoming)

    async def _read(self, incoming: Incoming) -> None:
        try:
            sound = read_sound(incoming.attributes)
            segment = self._segments.open(sound.rate_hz)
        except (SignalingError, SpeechBufferFull) as error:
            self._refuse(incoming, error)
            return
        faulty = True
        try:
            await self._read_into(segment, incoming, sound)
            faulty = False
        except (SignalingError, SpeechBufferFull, PeerClosed) as error:
            if segment in self._segments:  # else it was cleared, and nobody asks for it
                _log(incoming, error)
        finally:
            incoming.close()
            self._segments.end(segment, faulty)

    async def _read_into(self, segment: Segment, incoming: Incoming, sound: Sound) -> None:
        pcm = PcmReader(sound.channels)
        while (chunk := await self._next(incoming)) is not None:
            if segment not in self._segments:
                return
            self._segments.push(segment, pcm.feed(chunk))
        pcm.finish()

    async def _next(self, incoming: Incoming) -> bytes | None:
        """Give the next bytes; None when the stream has ended, or when its end was lost."""
        chunk: asyncio.Future[bytes | None] = asyncio.ensure_future(anext(incoming.chunks, None))
        came = asyncio.ensure_future(self._came.wait())
        try:
            both: set[asyncio.Future[bytes | None] | asyncio.Future[Literal[True]]] = {chunk, came}
            first = asyncio.FIRST_COMPLETED
            await asyncio.wait(both, timeout=self._idle_s, return_when=first)
            if not chunk.done():  # what is on its way comes before what came behind it
                await asyncio.wait({chunk}, timeout=min(GRACE_S, self._idle_s))
            if chunk.done():
                return chunk.result()
        finally:
            came.cancel()
            chunk.cancel()
        logger.warning("audio stream %s: its end did not come; taken as ended", incoming.name)
        return None

    def _refuse(self, incoming: Incoming, error: Exception) -> None:
        _log(incoming, error)
        incoming.close()
        self._segments.refuse()


def _log(incoming: Incoming, error: Exception) -> None:
    logger.error("audio stream %s of %s: %s", incoming.name, incoming.sender, error)
