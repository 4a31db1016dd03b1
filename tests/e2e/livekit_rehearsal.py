"""An agent and the avatar on LiveKit's own SDK, over sockets: prints what each of them saw.

``python -m tests.e2e.livekit_rehearsal [lost]``; needs a network interface besides loopback, as
the SDK does: `test_livekit` runs it in a network namespace of its own. The server between them is
`tests.fakes.livekit_server`. With livekit-agents installed, the agent's output is its class.
"""

import asyncio
import importlib.util
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast

import numpy as np

from stream_engine.clock import MonotonicClock
from stream_engine.config import EngineConfig
from stream_engine.household import Household
from stream_engine.livekit.command import Ticket, work
from stream_engine.livekit.sdk_room import SdkRoom, load_sdk
from stream_engine.livekit.worker import Wish
from stream_engine.render_config import RenderConfig
from tests.fakes.livekit_server import LiveKitServer
from tests.fakes.livekit_talk import AGENT, FACE, SIZE, Agent, SmallStages

RATE = 24_000
LOUD = 1_000
SETTLED_S = 1.0
"""After joining, until encoders and jitter buffers have settled."""


def tone(seconds: float) -> np.ndarray:
    """A loud voice."""
    return (8000 * np.sin(np.arange(int(seconds * RATE)) * 0.06)).astype(np.int16)


def now() -> float:
    """Seconds of the loop."""
    return asyncio.get_running_loop().time()


async def by_hand(room: Any, server: LiveKitServer) -> dict[str, Any]:
    """What an agent does, call by call."""
    agent = Agent(room)
    heard = server.members[FACE].heard
    await asyncio.sleep(SETTLED_S)
    asked = now()
    await agent.say(tone(1.0), RATE)
    await agent.until(began=1, ended=1)
    first = {"report": agent.ended[0][1], "started_s": agent.began[0] - asked}
    first |= {"heard_s": heard.loud(LOUD)[0] - asked, "lasted_s": agent.ended[0][0] - asked}
    await agent.say(tone(3.0), RATE)
    await agent.say(tone(3.0), RATE)
    await agent.until(began=2)
    await asyncio.sleep(0.7)
    asked = now()
    answer = await agent.interrupt()
    answered_s = now() - asked
    await agent.until(ended=3)
    told_s = now() - asked
    await asyncio.sleep(0.8)
    cut = {"answer": answer, "reports": [report for _, report in agent.ended[1:]]}
    cut["attributes"] = dict(room.remote_participants[FACE].attributes)
    cut |= {"answered_s": answered_s, "told_s": told_s, "silent_s": heard.loud(LOUD)[-1] - asked}
    await server.restart(FACE)
    await asyncio.sleep(SETTLED_S)
    await agent.say(tone(0.5), RATE)
    await agent.until(ended=4)
    await asyncio.sleep(0.5)
    heard = server.members[FACE].heard
    anew = {"report": agent.ended[3][1], "loud_s": len(heard.loud(LOUD)) * 0.02}
    return {"first": first, "cut": cut, "anew": anew}


async def by_its_class(room: Any, rtc: Any) -> dict[str, Any]:
    """What livekit-agents does."""
    from livekit.agents.voice.avatar import DataStreamAudioOutput

    output = DataStreamAudioOutput(
        room,
        destination_identity=FACE,
        sample_rate=RATE,
        wait_remote_track=rtc.TrackKind.KIND_VIDEO,
        clear_buffer_timeout=None,  # as it is for avatars that are to be trusted
        wait_playback_start=True,
    )
    began: list[float] = []
    output.on("playback_started", lambda event: began.append(now()))
    ends: list[dict[str, Any]] = []
    for seconds in (0.5, 2.0):
        size = RATE // 20
        for start in range(0, int(seconds * RATE), size):
            pcm = tone(seconds)[start : start + size].tobytes()
            await output.capture_frame(rtc.AudioFrame(pcm, RATE, 1, size))
        output.flush()
        if seconds > 1.0:
            await asyncio.sleep(0.8)
            output.clear_buffer()
        ended = await asyncio.wait_for(output.wait_for_playout(), 10.0)
        ends.append({"position": ended.playback_position, "interrupted": ended.interrupted})
    return {"began": len(began), "ends": ends}


@asynccontextmanager
async def joined(server: LiveKitServer) -> AsyncIterator[tuple[Any, asyncio.Task[int]]]:
    """An agent in a room, and the avatar at work there."""
    rtc = load_sdk()
    config = EngineConfig(render=RenderConfig(width=SIZE, height=SIZE))
    house = Household(SmallStages(), config, MonotonicClock())
    await asyncio.to_thread(house.start)
    try:
        room = rtc.Room()
        await room.connect(server.url, f"{AGENT} as agent")
        ticket, wish = Ticket(server.url, FACE), Wish("balanced", "default")
        working = asyncio.create_task(work(house, cast(Any, SdkRoom(rtc)), ticket, wish))
        async with asyncio.timeout(20.0):
            while not server.published(FACE, 2):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        yield room, working
        assert house.sessions == 0
    finally:
        await asyncio.to_thread(house.stop)


async def rehearse() -> dict[str, Any]:
    """Everything, one after the other."""
    async with LiveKitServer.open() as server, joined(server) as (room, working):
        found = await by_hand(room, server)
        face = server.members[FACE]
        pictures = [at for at, _ in face.heard.pictures if at > face.heard.pictures[0][0] + 1.0]
        bright = [value for _, value in face.heard.pictures[5:]]
        found |= {
            "tracks": [track.source for track in face.info.tracks],
            "pictures_per_s": (len(pictures) - 1) / (pictures[-1] - pictures[0]),
            "bright": [min(bright), max(bright)],
        }
        if importlib.util.find_spec("livekit.agents"):
            found["agents"] = await by_its_class(room, load_sdk())
        await server.remove(FACE)
        found["status"] = await asyncio.wait_for(working, 10.0)
        await room.disconnect()
    return found


async def lose() -> dict[str, Any]:
    """The server goes, without a word, and does not come back."""
    async with AsyncExitStack() as stack:
        gone = await stack.enter_async_context(AsyncExitStack())
        server = await gone.enter_async_context(LiveKitServer.open())
        _, working = await stack.enter_async_context(joined(server))
        await asyncio.sleep(SETTLED_S)
        server.mute = True
        await gone.aclose()
        begun = now()
        status = await working
        return {"status": status, "given_up_s": now() - begun}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(lose() if "lost" in sys.argv else rehearse()), indent=2))  # noqa: T201
