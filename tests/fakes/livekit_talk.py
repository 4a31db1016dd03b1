"""An agent and an avatar in a room in memory, in real time."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import cast

import numpy as np
from numpy.typing import NDArray

from stream_engine.audio.speech_queue import Pcm
from stream_engine.clock import MonotonicClock
from stream_engine.config import EngineConfig
from stream_engine.household import Household
from stream_engine.livekit.sdk_room import SdkRoom
from stream_engine.livekit.worker import AvatarWorker, Wish
from stream_engine.protocols import Stages
from stream_engine.render_config import RenderConfig
from stream_engine.session import Session
from tests.fakes import livekit_sdk
from tests.fakes.livekit_sdk import (
    AudioFrame,
    LocalTrackPublication,
    Room,
    RpcInvocationData,
    Server,
    TrackKind,
    servers,
)
from tests.fakes.stages import DrawnFace, FakeStages

SIZE = 64
"""Of pictures, so that drawing takes no time."""

AWAY_S = 0.05
"""An agent that is away for so long has left."""

URL = "wss://talk.example"
AGENT, FACE = "agent-1", "face"


class SmallStages(FakeStages):
    """Fake stages with a small face."""

    def renderer(self, avatar: str) -> DrawnFace:
        """Make a renderer."""
        return DrawnFace(SIZE)


@dataclass
class Agent:
    """What an agent does with an avatar, by hand.

    Attributes:
        room: Where it is.
        began: When it was told of a start, seconds of the loop.
        ended: When it was told of an end, and what.
    """

    room: Room
    began: list[float] = field(default_factory=list)
    ended: list[tuple[float, dict[str, float]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._told = asyncio.Event()
        me = self.room.local_participant
        me.register_rpc_method("lk.playback_started", self._on_began)
        me.register_rpc_method("lk.playback_finished", self._on_ended)

    def _on_began(self, data: RpcInvocationData) -> str:
        assert (data.caller_identity, data.payload) == (FACE, "")
        self.began.append(asyncio.get_running_loop().time())
        self._told.set()
        return "ok"

    def _on_ended(self, data: RpcInvocationData) -> str:
        self.ended.append((asyncio.get_running_loop().time(), json.loads(data.payload)))
        self._told.set()
        return "ok"

    async def say(self, pcm: Pcm, rate_hz: int = 48_000, chunk: int = 9_001) -> None:
        """Send a segment, as fast as it goes, in chunks that cut samples."""
        writer = await self.room.local_participant.stream_bytes(
            "AUDIO_1",
            topic="lk.audio_stream",
            destination_identities=[FACE],
            attributes={"sample_rate": str(rate_hz), "num_channels": "1"},
        )
        data = pcm.astype("<i2").tobytes()
        for start in range(0, len(data), chunk):
            await writer.write(data[start : start + chunk])
        await writer.aclose()

    async def interrupt(self) -> str:
        """Ask for silence."""
        return await self.room.local_participant.perform_rpc(
            destination_identity=FACE, method="lk.clear_buffer", payload=""
        )

    async def until(self, began: int = 0, ended: int = 0) -> None:
        """Wait until it has been told so often."""
        async with asyncio.timeout(10.0):
            while len(self.began) < began or len(self.ended) < ended:
                self._told.clear()
                await self._told.wait()


@dataclass
class Talk:
    """An agent, its avatar, and what the avatar publishes."""

    agent: Agent
    worker: AvatarWorker
    running: asyncio.Task[str]

    async def session(self) -> Session:
        """The avatar's, as soon as it is there."""
        async with asyncio.timeout(30.0):
            while self.worker.session is None:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        return self.worker.session

    def track(self, kind: int) -> LocalTrackPublication:
        """The voice's or the face's."""
        tracks = self.agent.room.remote_participants[FACE].track_publications.values()
        return next(each for each in tracks if each.kind == kind)

    @property
    def sound(self) -> list[tuple[float, AudioFrame]]:
        """Every packet of voice, and when it left."""
        frames: list[tuple[float, AudioFrame]] = self.track(
            TrackKind.KIND_AUDIO
        ).track.source.frames
        return frames

    @property
    def voice(self) -> NDArray[np.int16]:
        """All that was said, and the silence around it."""
        return np.frombuffer(b"".join(frame.data for _, frame in self.sound), np.int16)

    def first_sound(self, least: int = 100) -> float:
        """When something was heard first."""
        return next(
            at
            for at, frame in self.sound
            if np.abs(np.frombuffer(frame.data, np.int16).astype(int)).max() >= least
        )


@asynccontextmanager
async def talking(
    stages: Stages | None = None, wish: Wish | None = None, token: str = f"{FACE}@demo"
) -> AsyncIterator[Talk]:
    """An agent in a room with its avatar, until the block ends."""
    servers[URL] = Server()
    config = EngineConfig(render=RenderConfig(width=SIZE, height=SIZE))
    house = Household(stages or SmallStages(), config, MonotonicClock())
    await asyncio.to_thread(house.start)
    try:
        mine = Room()
        await mine.connect(URL, f"{AGENT}@demo as agent")
        agent = Agent(mine)
        room = SdkRoom(cast(ModuleType, livekit_sdk))
        wish = wish or Wish("balanced", "default")
        worker = AvatarWorker(house, room, wish, away_s=AWAY_S)
        await room.join(URL, token, worker)
        running = asyncio.create_task(worker.run())
        try:
            yield Talk(agent, worker, running)
        finally:
            worker.stop("the test is over")
            await asyncio.gather(running, return_exceptions=True)
            await room.leave()
    finally:
        await asyncio.to_thread(house.stop)
