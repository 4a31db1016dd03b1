import asyncio
import threading

import aioice.ice
import pytest
from aiortc.sdp import SessionDescription

from stream_engine.clock import MonotonicClock
from stream_engine.config import EngineConfig
from stream_engine.errors import SignalingError
from stream_engine.household import Household
from stream_engine.transport.connection import Connection
from stream_engine.transport.role import Role
from stream_engine.wire import Answer, Offer
from tests.fakes.caller import Caller
from tests.fakes.stages import FakeStages

pytestmark = pytest.mark.net


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda *_, **__: ["127.0.0.1"])


async def answered(role: Role) -> tuple[dict[str, str], set[str]]:
    """What a caller who would speak and watch is answered: directions by kind, tracks sent."""
    house = Household(FakeStages(), EngineConfig(), MonotonicClock())
    house.start()
    session = house.open(house.make_parts("ultra", "default"), print, print)
    connection, caller = Connection(session, house.config, role), Caller()
    try:
        with pytest.raises(SignalingError):
            await connection.answer(Offer("v=0", "offer"))
        sdp, kind = await connection.answer(await caller.offer())
        assert kind == "answer"
        media = SessionDescription.parse(sdp).media
        return {section.kind: section.direction or "" for section in media}, set(connection.sent)
    finally:
        await connection.close()
        await caller.close()
        await asyncio.to_thread(house.stop)


@pytest.mark.parametrize(
    ("role", "voice", "face", "sent"),
    [
        (Role.CALLS, "sendrecv", "sendonly", {"voice", "face"}),
        (Role.SPEAKS, "recvonly", "inactive", set()),
        (Role.WATCHES, "sendonly", "sendonly", {"voice", "face"}),
    ],
)
def test_a_role_takes_and_gives_what_is_its(
    role: Role, voice: str, face: str, sent: set[str]
) -> None:
    """Who only speaks is sent nothing, and of who only watches nothing is taken."""
    directions, tracks = asyncio.run(answered(role))
    assert (directions["audio"], directions["video"]) == (voice, face)
    assert tracks == sent


@pytest.mark.parametrize("role", [Role.CALLS, Role.SPEAKS])
def test_speech_is_opus_whatever_else_is_offered(role: Role) -> None:
    """Telephone codecs are not agreed on; an offer that has nothing else is refused."""

    async def play() -> None:
        house = Household(FakeStages(), EngineConfig(), MonotonicClock())
        caller = Caller()
        offer = await caller.offer()
        session = house.open(house.make_parts("ultra", "default"), print, print)
        connection = Connection(session, house.config, role)
        sdp, _ = await connection.answer(offer)
        audio = SessionDescription.parse(sdp).media[0]
        assert [codec.mimeType for codec in audio.rtp.codecs] == ["audio/opus"]
        await connection.close()
        telephone = Connection(session, house.config, role)
        with pytest.raises(SignalingError, match="cannot be used"):
            await telephone.answer(Offer(offer.sdp.replace("opus/48000/2", "nobody/8000"), "offer"))
        await telephone.close()
        session.close()
        await caller.close()

    asyncio.run(play())


def test_a_connection_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of aiortc's that failed never says that it has; nothing waits for it for ever."""
    monkeypatch.setattr("stream_engine.transport.connection.CLOSE_S", 0.05)
    old = set(threading.enumerate())

    async def play() -> set[str]:
        house = Household(FakeStages(), EngineConfig(), MonotonicClock())
        session, caller = house.open(house.make_parts("ultra", "default"), print, print), Caller()
        connection = Connection(session, house.config, Role.CALLS)
        sdp, kind = await connection.answer(await caller.offer())
        await caller.accept(Answer(sdp, kind, session.id, "ultra", 0))
        await caller.until(lambda: connection.state == "connected")

        async def never() -> None:
            await asyncio.Event().wait()

        receiver = connection._pc.getTransceivers()[0].receiver
        monkeypatch.setattr(receiver, "stop", never)
        await connection.close()
        session.close()
        await caller.close()
        return {str(task.get_coro()) for task in asyncio.all_tasks()}

    left = asyncio.run(play())
    assert not [name for name in left if "query_consent" in name or "_run_rtp" in name]
    threads = set(threading.enumerate()) - old
    assert not [thread.name for thread in threads if "decoder" in thread.name]
