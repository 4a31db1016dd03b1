"""The agent is told, in order, again if need be."""

import asyncio
import json
from types import ModuleType
from typing import cast

import pytest

from stream_engine.errors import PeerClosed
from stream_engine.livekit.reports import MOST_UNTOLD, TRIES, Reports
from stream_engine.livekit.sdk_room import SdkRoom
from stream_engine.livekit.segments import Begun, Done
from tests.fakes import livekit_sdk
from tests.fakes.livekit_sdk import Room, Server, servers
from tests.stream_engine.livekit.test_sdk_room import URL, Visitor

DONE = Done(0.5, interrupted=False)


async def said(server: Server, methods: list[str], *reports: Begun | Done) -> list[str]:
    """What arrives at an agent that knows so many methods: their names."""
    servers[URL] = server
    agent, room = Room(), SdkRoom(cast(ModuleType, livekit_sdk))
    await agent.connect(URL, "agent@demo as agent")
    for method in methods:
        agent.local_participant.register_rpc_method(method, lambda data: "ok")
    await room.join(URL, "face@demo", Visitor())

    async def at_once(seconds: float) -> None:
        del seconds

    work = Reports(room, "agent", at_once)
    for report in reports:
        work.put(report)
    telling = asyncio.create_task(work.run())
    for _ in range(60):
        await asyncio.sleep(0)
    if telling.done():
        telling.result()
    telling.cancel()
    return [method for _, method, _ in server.calls]


STARTED, FINISHED = "lk.playback_started", "lk.playback_finished"


def test_an_agent_is_told_in_order() -> None:
    """Begun without a word, done with both."""
    server = Server()
    assert asyncio.run(said(server, [STARTED, FINISHED], Begun(), DONE)) == [STARTED, FINISHED]
    assert server.calls[0][2] == ""
    assert json.loads(server.calls[1][2]) == {"playback_position": 0.5, "interrupted": False}


def test_an_agent_that_does_not_wait_for_the_start_is_not_told_of_it() -> None:
    """It has no such method; that is no fault, and is asked once."""
    told = asyncio.run(said(Server(), [FINISHED], Begun(), DONE, Begun(), DONE))
    assert told == [FINISHED, FINISHED]


def test_a_call_that_failed_is_made_again(caplog: pytest.LogCaptureFixture) -> None:
    """Up to three times; then it is logged, and the next is told."""
    assert asyncio.run(said(Server(broken_calls=TRIES - 1), [FINISHED], DONE)) == [FINISHED]
    assert caplog.text == ""
    assert asyncio.run(said(Server(broken_calls=TRIES), [FINISHED], DONE, DONE)) == [FINISHED]
    assert "the agent was not told" in caplog.text


def test_an_agent_that_knows_no_ends_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """It will wait for ever."""
    asyncio.run(said(Server(), [], DONE))
    assert "does not know lk.playback_finished" in caplog.text


def test_an_agent_that_takes_no_calls_is_left() -> None:
    """Reports do not pile up without end."""
    with pytest.raises(PeerClosed, match="does not take calls"):
        asyncio.run(said(Server(), [FINISHED], *[DONE] * (MOST_UNTOLD + 1)))
