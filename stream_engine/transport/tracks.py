"""The voice and the face as aiortc tracks, both released by the session's one line."""

import asyncio
import fractions
from collections.abc import Callable

import av
import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from stream_engine.telemetry.spans import span
from stream_engine.transport.pace import PACKET_SAMPLES, Pace, Programme, Sleep
from stream_engine.types import TICKS_PER_FRAME, TICKS_PER_SECOND

VOICE_STARTS = TICKS_PER_SECOND // 2
"""The voice joins half a second after the face: what a browser hears unevenly while both sides
warm up, it answers with more buffering for the next half minute."""

TIME_BASE = fractions.Fraction(1, TICKS_PER_SECOND)


class PacedTrack(MediaStreamTrack):  # type: ignore[misc]  # aiortc is untyped
    """Gives one item per ``step`` of media time, at the wall time the programme says.

    *Thread*: the loop.

    ``on_sent``, if set, is told the media time of an item when the next is asked for.

    Args:
        programme: What is sent.
        step: Ticks per item.
        sleep: Waits for seconds.
        first: Media time of the first.
    """

    _warm_up = 0

    def __init__(
        self, programme: Programme, step: int, sleep: Sleep = asyncio.sleep, first: int = 0
    ) -> None:
        super().__init__()
        self._programme = programme
        self._pace = Pace(programme, step, sleep, first)
        self._given: int | None = None
        self.on_sent: Callable[[int], None] | None = None

    async def _wait(self) -> int:
        """Wait for the next item's moment; return its media time."""
        if self.readyState != "live":
            raise MediaStreamError
        if self._given is None:  # if it is late, it joined a session under way
            return await self._pace.wait(self._warm_up)
        if self.on_sent is not None:
            self.on_sent(self._given)
        pts = await self._pace.wait()
        if self._pace.skipped:
            self._skipped(self._pace.skipped)
        return pts

    def _skipped(self, steps: int) -> None:
        """Take note of items passed over."""


class VoiceTrack(PacedTrack):
    """The speaker's voice, delayed, in packets of 20 ms."""

    kind = "audio"
    _warm_up = VOICE_STARTS

    def __init__(self, programme: Programme, sleep: Sleep = asyncio.sleep) -> None:
        super().__init__(programme, PACKET_SAMPLES, sleep, VOICE_STARTS)

    async def recv(self) -> av.AudioFrame:
        """Give the next packet when it is due."""
        pts = await self._wait()
        programme = self._programme
        late = programme.clock.now() - programme.due(pts)
        programme.tally.observe("release_late_seconds", max(0.0, late))
        with span("voice", pts=pts):
            samples = programme.voice(pts, PACKET_SAMPLES)
            pcm = (np.clip(samples, -1.0, 1.0) * 32767.0).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(pcm[None, :], format="s16", layout="mono")
        frame.sample_rate = TICKS_PER_SECOND
        frame.pts = self._given = pts
        frame.time_base = TIME_BASE
        return frame


class FaceTrack(PacedTrack):
    """The face at a steady rate; the last picture again when the next is late."""

    kind = "video"

    def __init__(
        self, programme: Programme, sleep: Sleep = asyncio.sleep, step: int = TICKS_PER_FRAME
    ) -> None:
        super().__init__(programme, step, sleep)

    async def recv(self) -> av.VideoFrame:
        """Give the next picture when it is due."""
        while True:  # without a picture, as while nobody looks, nothing is sent or encoded
            pts = await self._wait()
            picture = self._programme.picture(pts)
            if picture is not None:
                break
        with span("picture", pts=pts):
            frame = av.VideoFrame.from_ndarray(picture.frame.rgb, format="rgb24")
        frame.pts = self._given = pts
        frame.time_base = TIME_BASE
        return frame

    def _skipped(self, steps: int) -> None:
        self._programme.tally.add("video_skipped_total", steps)
