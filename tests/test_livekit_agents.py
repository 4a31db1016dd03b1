"""The agent's own side of the protocol, from livekit-agents, against our avatar.

Not installed with the tests: livekit-agents asks for one version of LiveKit's SDK, and for much
that has nothing to do with it. ``pip install livekit-agents`` beside them, and these run.
"""

import asyncio

import numpy as np
import pytest

from tests.fakes.livekit_talk import FACE, Talk, talking

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
avatar = pytest.importorskip("livekit.agents.voice.avatar")
rtc = pytest.importorskip("livekit.rtc")

RATE = 24_000


def frames(seconds: float) -> list[object]:
    """Speech as a text-to-speech gives it: pieces of 50 ms."""
    size = RATE // 20
    pcm = np.where(np.arange(size) // 30 % 2, 8000, -8000).astype(np.int16).tobytes()
    return [rtc.AudioFrame(pcm, RATE, 1, size)] * round(seconds * 20)


class Bot:
    """An agent's output, and what it is told."""

    def __init__(self, talk: Talk) -> None:
        room = talk.agent.room
        room.local_participant._rpc_handlers.clear()  # those of the agent by hand
        self.output = avatar.DataStreamAudioOutput(
            room,  # type: ignore[arg-type]
            destination_identity=FACE,
            sample_rate=RATE,
            wait_remote_track=rtc.TrackKind.KIND_VIDEO,
            wait_playback_start=True,
        )
        self.began: list[float] = []
        self.speaks = asyncio.Event()
        self.output.on("playback_started", self._on_began)

    def _on_began(self, event: object) -> None:
        self.began.append(asyncio.get_running_loop().time())
        self.speaks.set()

    async def say(self, seconds: float) -> None:
        """One segment."""
        for frame in frames(seconds):
            await self.output.capture_frame(frame)
        self.output.flush()


def test_the_agent_hears_of_each_segments_start_and_end() -> None:
    """Two in a row, each with its length, when it is over."""

    async def play() -> None:
        async with talking() as talk:
            bot = Bot(talk)
            for seconds in (0.5, 0.3):
                await bot.say(seconds)
                async with asyncio.timeout(5.0):
                    ended = await bot.output.wait_for_playout()
                assert ended.playback_position == pytest.approx(seconds)
                assert not ended.interrupted
            assert len(bot.began) == 2
            assert bot.began[0] == pytest.approx(talk.first_sound(), abs=0.15)

    asyncio.run(play())


def test_the_agent_interrupts_and_speaks_again() -> None:
    """What it waits for after `clear_buffer` comes: one answer for each segment."""

    async def play() -> None:
        async with talking() as talk:
            bot = Bot(talk)
            await bot.say(3.0)
            await bot.say(2.0)
            await asyncio.wait_for(bot.speaks.wait(), 5.0)
            await asyncio.sleep(0.4)
            asked = asyncio.get_running_loop().time()
            bot.output.clear_buffer()
            async with asyncio.timeout(1.0):  # it gives up by itself after two seconds
                await bot.output.wait_for_playout()
            assert asyncio.get_running_loop().time() - asked < 0.5
            calls = [payload for _, method, payload in talk.agent.room.server.calls
                     if method == "lk.playback_finished"]  # fmt: skip
            assert len(calls) == 2
            assert all('"interrupted": true' in call for call in calls)
            await bot.say(0.2)
            async with asyncio.timeout(5.0):
                ended = await bot.output.wait_for_playout()
            assert (ended.playback_position, ended.interrupted) == (pytest.approx(0.2), False)

    asyncio.run(play())


def test_an_agent_that_is_interrupted_while_it_still_sends() -> None:
    """The rest of that stream is dropped; one answer for it, not two."""

    async def play() -> None:
        async with talking() as talk:
            bot = Bot(talk)
            for frame in frames(1.0):
                await bot.output.capture_frame(frame)
            await asyncio.wait_for(bot.speaks.wait(), 5.0)
            bot.output.clear_buffer()
            for frame in frames(0.5):
                await bot.output.capture_frame(frame)
            bot.output.flush()
            async with asyncio.timeout(1.0):
                ended = await bot.output.wait_for_playout()
            assert ended.interrupted
            await bot.say(0.2)
            async with asyncio.timeout(5.0):
                ended = await bot.output.wait_for_playout()
            assert (ended.playback_position, ended.interrupted) == (pytest.approx(0.2), False)

    asyncio.run(play())
