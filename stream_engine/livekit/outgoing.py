"""Voice and face to a stage, both released by the session's one line."""

import asyncio

import numpy as np

from stream_engine.livekit.room import Stage
from stream_engine.telemetry.spans import span
from stream_engine.transport.pace import PACKET_SAMPLES, Pace, Programme, Sleep
from stream_engine.types import TICKS_PER_FRAME


async def say(programme: Programme, stage: Stage, sleep: Sleep = asyncio.sleep) -> None:
    """Send the voice as it leaves, until cancelled."""
    pace = Pace(programme, PACKET_SAMPLES, sleep)
    while True:
        pts = await pace.wait()
        late = programme.clock.now() - programme.due(pts)
        programme.tally.observe("release_late_seconds", max(0.0, late))
        with span("voice", pts=pts):
            samples = programme.voice(pts, PACKET_SAMPLES)
            pcm = (np.clip(samples, -1.0, 1.0) * 32767.0).astype(np.int16)
        await stage.say(pcm)


async def show(programme: Programme, stage: Stage, sleep: Sleep = asyncio.sleep) -> None:
    """Send the face as it leaves, until cancelled."""
    pace = Pace(programme, TICKS_PER_FRAME, sleep)
    while True:
        pts = await pace.wait()
        programme.tally.add("video_skipped_total", pace.skipped)
        picture = programme.picture(pts)
        if picture is not None:
            with span("picture", pts=pts):
                stage.show(picture.frame.rgb)
