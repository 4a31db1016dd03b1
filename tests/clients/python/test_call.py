"""A call without a browser."""

import asyncio
from collections.abc import Iterator

import aioice.ice
import numpy as np
import pytest

from clients.python.avatar import connect
from clients.python.call import Call, RecordedVoice, calling
from clients.python.dialling import Options
from clients.python.face import Spoken
from clients.python.faults import Unreachable
from clients.python.stream import Pcm
from stream_engine.errors import ConfigError, PeerClosed
from tests.fakes.live_server import LiveServer, live_server

pytestmark = pytest.mark.net
LOUD = np.tile(np.repeat(np.array([8_000, -8_000], np.int16), 12), 500)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveServer]:
    """On loopback."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda *_, **__: ["127.0.0.1"])
    with live_server() as live:
        yield live


def mouth(picture: np.ndarray) -> int:
    """Dark pixels in the middle of the face."""
    return int((picture[:, 200:312].max(axis=2) < 110).sum())


async def until(call: Call, open_mouth: bool) -> None:
    async for picture in call.pictures():
        assert picture.shape == (512, 512, 3)
        if (mouth(picture) > 3_000) is open_mouth:
            return


def test_a_recording_is_seen_to_be_spoken(server: LiveServer) -> None:
    """The mouth opens with it and shuts after it; nothing is left when it is over."""

    async def use() -> None:
        voice = RecordedVoice(Pcm(24_000, LOUD.tobytes() * 2))
        async with calling(server.url, voice, profile="ultra") as call:
            await asyncio.wait_for(until(call, True), 10.0)
            await asyncio.wait_for(until(call, False), 10.0)

    asyncio.run(use())


def test_a_bot_speaks_through_a_call(server: LiveServer) -> None:
    """Without a microphone; frames without sound, which goes over the call."""

    async def use() -> None:
        async with calling(server.url) as call:
            options = Options(session=call.session, patience_s=5.0)
            url = server.speech_url.replace("speech", "realtime")
            async with connect(url, options=options) as avatar:
                saying = asyncio.create_task(avatar.say(LOUD))
                await asyncio.wait_for(until(call, True), 10.0)
                assert await saying == Spoken(True, len(LOUD))
                async for frame in avatar.frames():
                    assert frame.audio == b""
                    break

    asyncio.run(use())


def test_a_call_that_is_refused_or_lost_says_why(server: LiveServer) -> None:
    """No such profile; no server; a server that goes."""

    async def use() -> None:
        with pytest.raises(ConfigError, match="hasty"):
            async with calling(server.url, profile="hasty"):
                pass
        with pytest.raises(Unreachable, match="no server"):
            async with calling("http://127.0.0.1:9/"):
                pass
        async with calling(server.url) as call:
            server.server.should_exit = True
            with pytest.raises(PeerClosed):
                async for _ in call.pictures():
                    pass

    asyncio.run(use())


def test_who_draws_the_face_itself_is_sent_no_pictures(server: LiveServer) -> None:
    """Motion goes on, and nothing is drawn any more once the server has been told."""

    async def use() -> None:
        async with calling(server.url, seen=False) as call:
            (session,) = server.house.by_name.values()
            tally = session.tally
            for _ in range(100):
                if not session.audience._looking:
                    break
                await asyncio.sleep(0.02)
            drawn, made = tally.count("frames_rendered_total"), tally.count("motion_frames_total")
            await asyncio.sleep(0.5)
            assert tally.count("frames_rendered_total") <= drawn + 1
            assert tally.count("motion_frames_total") > made + 5
            assert call.session

    asyncio.run(use())
