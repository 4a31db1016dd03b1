"""The client of ``/v1/realtime``, against a real server."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from websockets.asyncio.server import ServerConnection, serve

from clients.python.avatar import Avatar, connect, listen
from clients.python.dialling import Options
from clients.python.face import Frame, Spoken
from stream_engine.errors import ConfigError, PeerClosed, SignalingError, SpeechBufferFull
from stream_engine.motion.arkit import COEFFICIENT_NAMES
from stream_engine.realtime_wire import Described, FaceState, ResponseDone, SessionCreated, as_text
from tests.fakes.live_server import LiveServer, live_server

pytestmark = pytest.mark.net
LOUD = np.tile(np.repeat(np.array([8_000, -8_000], np.int16), 12), 1_000)
"""A second at 24 kHz that opens the jaw wholly."""

ULTRA = Options(profile="ultra", patience_s=10.0)
"""A busy machine may be strained for a while: who is patient gets in."""


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    """One for all."""
    with live_server() as live:
        yield live


def door(server: LiveServer) -> str:
    return server.speech_url.replace("speech", "realtime")


def talk(server: LiveServer, work: Callable[[Avatar], Awaitable[None]], **asked: object) -> None:
    """Talk through a connection; no task of it may be left, and it must close quickly."""

    async def use() -> None:
        async with connect(door(server), options=ULTRA, **asked) as avatar:  # type: ignore[arg-type]
            await asyncio.wait_for(work(avatar), 20.0)
            began = time.monotonic()
        assert time.monotonic() - began < 2.0
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(use())


async def heard(url: str, binary: bool) -> tuple[list[Frame], Spoken]:
    frames: list[Frame] = []
    options = Options(profile="ultra", idle=False, patience_s=10.0)
    async with connect(url, binary=binary, options=options) as avatar:
        spoken = await avatar.say(LOUD[:12_000])
        async for frame in avatar.frames():
            frames.append(frame)
            if len(frames) == 12:
                return frames, spoken
    raise AssertionError("too few frames")


def test_a_response_comes_back_as_frames_with_their_sound(server: LiveServer) -> None:
    """The sound that was sent, the mouth open in its time; the same in both encodings."""
    frames, spoken = asyncio.run(heard(door(server), True))
    assert spoken == Spoken(True, 12_000)
    sound = np.frombuffer(b"".join(frame.audio for frame in frames), "<i2")
    np.testing.assert_array_equal(sound[:11_520], LOUD[:11_520])
    assert [frame.index for frame in frames] == list(range(12))
    assert frames[3].weights["jawOpen"] == 1.0
    assert asyncio.run(heard(door(server), False))[0] == frames


def test_an_interrupt_tells_where_and_frees_what_waited(server: LiveServer) -> None:
    """What was heard and what was dropped is all there was; then frames after the cut only."""

    async def work(avatar: Avatar) -> None:
        saying = asyncio.create_task(avatar.say(LOUD))
        async for event in avatar.events():
            if event == FaceState("speaking", getattr(event, "pts", 0)):
                break
        cut = await avatar.interrupt()
        assert await saying == Spoken(False, cut.heard_samples)
        assert cut.heard_samples + cut.dropped_samples == 24_000
        assert 0.0 < cut.ms_to_neutral <= 150.0
        assert abs(cut.sample - cut.pts / 2) <= 1
        jaws = {}
        async for frame in avatar.frames():
            if frame.cuts:
                jaws[frame.index] = frame.weights["jawOpen"]
            else:
                assert frame.index < cut.frame
            if frame.index >= cut.resume_frame + 2:
                break
        assert min(jaws) == cut.frame
        assert max(jaw for at, jaw in jaws.items() if at >= cut.frame + 2) == 0.0
        assert await avatar.say(LOUD[:4_800]) == Spoken(True, 4_800)

    talk(server, work)


def test_a_pause_loses_nothing_and_manners_answer(server: LiveServer) -> None:
    """Stopped and gone on with, all of it is heard; what the server refuses is its own error."""

    async def work(avatar: Avatar) -> None:
        saying = asyncio.create_task(avatar.say(LOUD[:12_000]))
        async for event in avatar.events():
            if isinstance(event, FaceState) and event.state == "speaking":
                break
        paused = await avatar.pause()
        assert paused.dropped_samples == 0
        manner = await avatar.express("happy", intensity=0.5)
        assert (manner.emotion, manner.intensity) == ("happy", 0.5)
        passing = await avatar.express("sad", times_s=(0.1, 0.2, 0.3))
        assert (passing.emotion, passing.onset_s, passing.offset_s) == ("sad", 0.1, 0.3)
        with pytest.raises(ConfigError, match="bored"):
            await avatar.express("bored")
        await avatar.resume()
        assert await saying == Spoken(True, 12_000)
        done = [event async for event in _until_done(avatar)]
        assert done[-1].status == "completed"

    talk(server, work, binary=False)


def test_a_silent_face_listens(server: LiveServer) -> None:
    """The level reaches its frames; one that cannot be is refused with the next answer."""

    async def work(avatar: Avatar) -> None:
        await listen(avatar, -30.0)
        async for frame in avatar.frames():
            if frame.weights["browInnerUp"] > 0.7:
                break
        assert frame.weights["browInnerUp"] == pytest.approx(0.75)

    talk(server, work)


async def _until_done(avatar: Avatar) -> AsyncIterator[ResponseDone]:
    async for event in avatar.events():
        if isinstance(event, ResponseDone):
            yield event
            return


def test_speech_faster_than_time_waits_here(server: LiveServer) -> None:
    """More than may be ahead is held back; an interrupt ends the waiting, nothing more is sent."""

    async def work(avatar: Avatar) -> None:
        saying = asyncio.create_task(avatar.say(np.tile(LOUD, 90)))
        async for event in avatar.events():
            if isinstance(event, FaceState):
                break
        assert not saying.done()
        cut = await avatar.interrupt()
        spoken = await saying
        assert not spoken.completed
        assert cut.dropped_samples + cut.heard_samples <= 62 * 24_000
        with pytest.raises(SignalingError, match="nothing to finish"):
            await avatar.finish()
        with pytest.raises(SignalingError, match="middle of a sample"):
            await avatar.append(b"abc")

    talk(server, work)


def test_speech_that_the_server_refuses_is_told_to_who_sends_next(server: LiveServer) -> None:
    """Whoever allows more ahead than it takes is told so."""

    async def use() -> None:
        greedy = Options(profile="ultra", most_ahead_s=1000.0, patience_s=10.0)
        async with connect(door(server), options=greedy, rate=8_000) as avatar:
            await avatar.append(bytes(16_000 * 130))
            await avatar.express()  # answered after what was sent before it
            with pytest.raises(SpeechBufferFull, match="at most 120"):
                await avatar.append(bytes(32_000))
            await avatar.interrupt()

    asyncio.run(use())


def test_who_reads_slowly_loses_the_oldest_and_nothing_else(server: LiveServer) -> None:
    """Counted; events and answers come all the same."""

    async def use() -> None:
        few = Options(profile="ultra", most_frames=3, patience_s=10.0)
        async with connect(door(server), options=few) as avatar:
            assert await avatar.say(LOUD[:9_600]) == Spoken(True, 9_600)
            assert len(avatar.waiting_frames) == 3
            assert avatar.waiting_frames.dropped >= 5

    asyncio.run(use())


def test_who_is_cancelled_leaves_nothing_behind(server: LiveServer) -> None:
    """In the middle of speaking and reading: closed quickly, no task left, the session gone."""

    async def bot() -> None:
        async with connect(door(server), options=ULTRA) as avatar:
            await asyncio.gather(avatar.say(LOUD), _read_all(avatar), tell(avatar))

    async def tell(avatar: Avatar) -> None:
        async for event in avatar.events():
            if isinstance(event, FaceState):
                speaking.set()

    async def use() -> None:
        speaking.clear()
        task = asyncio.create_task(bot())
        await asyncio.wait_for(speaking.wait(), 15.0)
        task.cancel()
        began = time.monotonic()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        assert time.monotonic() - began < 2.0
        assert asyncio.all_tasks() == {asyncio.current_task()}

    speaking = asyncio.Event()
    asyncio.run(use())


async def _read_all(avatar: Avatar) -> None:
    async for _ in avatar.frames():
        pass


@asynccontextmanager
async def dying(after: bytes | str) -> AsyncIterator[str]:
    """A server that says hello, waits for a message, says something and hangs up without a word."""
    hello = SessionCreated(
        Described("s", "ultra", 24_000, 25, 80, 120, "binary", list(COEFFICIENT_NAMES))
    )

    async def answer(socket: ServerConnection) -> None:
        await socket.send(as_text(hello))
        await socket.recv()
        if after:
            await socket.send(after)
        socket.transport.abort()

    async with serve(answer, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        yield f"ws://127.0.0.1:{port}/v1/realtime"


@pytest.mark.parametrize(("after", "said"), [("", PeerClosed), ("{}}", SignalingError)])
def test_a_lost_server_is_told_to_all_who_wait(after: str, said: type[Exception]) -> None:
    """Who speaks, who reads frames, who reads events, and who comes later."""

    async def use() -> None:
        async with dying(after) as url, connect(url) as avatar:
            waiting = [asyncio.create_task(_read_all(avatar)), asyncio.create_task(_events(avatar))]
            with pytest.raises(said):
                await avatar.say(LOUD)
            for result in await asyncio.gather(*waiting, return_exceptions=True):
                assert isinstance(result, said)
            with pytest.raises(said):
                await avatar.interrupt()

    asyncio.run(use())


async def _events(avatar: Avatar) -> None:
    async for _ in avatar.events():
        pass
