"""One recording through every door: the same motion, bit for bit where the sound is the same."""

import asyncio
import json

import numpy as np
import pytest
from websockets.asyncio.client import connect

from stream_engine.assemble import Assembly
from stream_engine.audio.file_source import SAMPLE, FileSource
from stream_engine.audio.speech_queue import Pcm
from stream_engine.config import EngineConfig, MotionConfig
from stream_engine.livekit.worker import Wish
from stream_engine.realtime_deltas import HEADER, MOTION
from stream_engine.types import F32, TICKS_PER_SECOND, AudioChunk, MotionFrames
from tests.contracts.stream_contract import join_motion
from tests.fakes.live_server import LiveServer, live_server
from tests.fakes.livekit_talk import talking

pytestmark = [pytest.mark.net, pytest.mark.slow]
SECONDS, PROFILE = 2, "balanced"
STEADY = EngineConfig(motion=MotionConfig(shed=False))
"""Quality does not give way, however busy the machine: late is not different."""

BLOCK = TICKS_PER_SECOND // 100
"""Speech begins at a whole one."""


async def uploaded(server: LiveServer, pcm: bytes, rate_hz: int) -> F32:
    """Motion through ``/v1/speech``."""
    rows: list[list[float]] = []
    url = f"{server.speech_url}?rate={rate_hz}&profile={PROFILE}"
    async with connect(url, max_queue=None) as socket:
        await socket.send(pcm)
        await socket.send('{"type":"end"}')
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "motion":
                rows += message["coefficients"]
            if message["type"] == "ended":
                break
    return np.array(rows, np.float32)


async def pushed(server: LiveServer, pcm: bytes, rate_hz: int, frames: int) -> F32:
    """Motion through ``/v1/realtime``, in time, as bytes."""
    rows: list[F32] = []
    query = f"rate={rate_hz}&profile={PROFILE}&encoding=binary&idle=false"
    url = server.speech_url.replace("speech", f"realtime?{query}")
    async with connect(url, max_queue=None) as socket:
        await socket.send(pcm)
        await socket.send('{"type":"input_audio_buffer.commit"}')
        while len(rows) < frames:
            message = await asyncio.wait_for(socket.recv(), 10.0)
            if isinstance(message, bytes) and message[0] == MOTION:
                rows += list(np.frombuffer(message[HEADER.size :], "<f4").reshape(-1, 55))
    return np.stack(rows)[:frames]


def test_every_door_gives_the_motion_of_the_same_recording() -> None:
    """Offline, upload and live push: the real model, the sample, its own rate."""
    assembly = Assembly(STEADY)
    source = FileSource(SAMPLE)
    sound = np.concatenate([chunk.samples for chunk in source.chunks()])[: SECONDS * source.rate_hz]
    pcm = (sound * 32767.0).astype("<i2")
    exact = pcm.astype(np.float32) / np.float32(32768.0)
    stream = assembly.motion_stream(PROFILE)
    runs = list(stream.feed(AudioChunk(0, exact, source.rate_hz)))
    offline = join_motion(runs)
    with live_server(assembly) as server:
        upload = asyncio.run(uploaded(server, pcm.tobytes(), source.rate_hz))
        live = asyncio.run(pushed(server, pcm.tobytes(), source.rate_hz, len(offline)))
    assert len(offline) > SECONDS * 25 - 6
    np.testing.assert_array_equal(live, offline)
    np.testing.assert_allclose(upload[: len(offline)], offline, atol=5.1e-5)  # four decimals


class Onlooker:
    """Implements `Listener`: keeps a session's motion."""

    def __init__(self) -> None:
        self.rows: dict[int, F32] = {}

    def motion(self, frames: MotionFrames) -> None:
        self.rows |= {frames.start + index: row for index, row in enumerate(frames.coefficients)}

    def ended(self) -> None:
        pass


async def sent_to_a_room(assembly: Assembly, pcm: Pcm, rate_hz: int) -> tuple[dict[int, F32], int]:
    """Motion of a LiveKit avatar whose agent says it, and ticks of silence before it."""
    onlooker = Onlooker()
    async with talking(assembly, Wish(PROFILE, avatar="")) as talk:  # nothing is drawn
        (await talk.session()).listeners.append(onlooker)
        await talk.agent.say(pcm, rate_hz)
        await talk.agent.until(ended=1)
        heard = np.flatnonzero(talk.voice)[0]
    return onlooker.rows, int(heard) // BLOCK * BLOCK


def test_an_avatar_in_a_room_moves_as_offline() -> None:
    """Through LiveKit's byte streams, after the silence in which it waited for its agent."""
    assembly = Assembly(STEADY)
    source = FileSource(SAMPLE)
    rate_hz = source.rate_hz
    sound = np.concatenate([chunk.samples for chunk in source.chunks()])
    sound = sound[np.flatnonzero(np.abs(sound) > 0.05)[0] :][: SECONDS * rate_hz]
    pcm = (sound * 32767.0).astype(np.int16)
    rows, silence = asyncio.run(sent_to_a_room(assembly, pcm, rate_hz))
    before = np.zeros(silence * rate_hz // TICKS_PER_SECOND, np.float32)
    exact = np.concatenate([before, pcm.astype(np.float32) / np.float32(32768.0)])
    stream = assembly.motion_stream(PROFILE)
    offline = join_motion(list(stream.feed(AudioChunk(0, exact, rate_hz))))
    live = np.stack([rows[number] for number in range(len(offline))])
    np.testing.assert_array_equal(live, offline)
