"""Where the avatar goes, and with what word it ends."""

import argparse
import asyncio
import base64
import json
import os
import signal
from types import ModuleType
from typing import cast

import pytest

from stream_engine.clock import MonotonicClock
from stream_engine.config import EngineConfig
from stream_engine.errors import ConfigError, TransportError
from stream_engine.household import Household
from stream_engine.livekit.command import LOST, Ticket, add, read_ticket, run, work
from stream_engine.livekit.sdk_room import SdkRoom
from stream_engine.livekit.worker import Wish
from tests.fakes import livekit_sdk
from tests.fakes.livekit_sdk import DisconnectReason, Room, Server, servers
from tests.fakes.stages import FakeStages

URL = "wss://command.example"
KEYS = {"LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": "secret"}


def options(*arguments: str) -> argparse.Namespace:
    """The command line as it is read."""
    parser = argparse.ArgumentParser()
    add(parser.add_subparsers())
    return parser.parse_args(["livekit", *arguments])


def test_the_command_line_stands_before_the_environment() -> None:
    """URL and token, each."""
    around = {"LIVEKIT_URL": "wss://a", "LIVEKIT_TOKEN": "t"}
    assert read_ticket(options(), around, 0.0) == Ticket("wss://a", "t")
    given = options("--url", "ws://b", "--token", "u")
    assert read_ticket(given, around, 0.0) == Ticket("ws://b", "u")


def test_a_token_is_made_for_a_room_with_key_and_secret() -> None:
    """For the identity and the agent that are named; a room stands before a token around it."""
    given = options("--url", URL, "--room", "demo", "--identity", "me", "--agent", "agent-1")
    ticket = read_ticket(given, KEYS | {"LIVEKIT_TOKEN": "other"}, 5.0)
    body = ticket.token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert (claims["sub"], claims["video"]["room"], claims["nbf"]) == ("me", "demo", 5)
    assert claims["attributes"] == {"lk.publish_on_behalf": "agent-1"}


@pytest.mark.parametrize(
    ("given", "around", "said"),
    [
        (options(), {}, "no LiveKit server"),
        (options("--url", "example.com"), {}, "no LiveKit server"),
        (options("--url", URL), {}, "nothing lets the avatar"),
        (options("--url", URL, "--room", "demo"), {}, "LIVEKIT_API_KEY"),
        (options("--url", URL), KEYS, "--room"),
    ],
)
def test_what_is_missing_is_named(
    given: argparse.Namespace, around: dict[str, str], said: str
) -> None:
    """Before anything is loaded."""
    with pytest.raises(ConfigError, match=said):
        read_ticket(given, around, 0.0)


def test_a_token_is_not_shown_in_what_is_printed() -> None:
    """It is a secret."""
    assert "hush" not in repr(Ticket(URL, "hush"))


def test_the_command_reads_its_settings_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a server named it ends at once."""
    for name in ("LIVEKIT_URL", "LIVEKIT_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="no LiveKit server"):
        run(options(), EngineConfig())


def worked(token: str, reason: int | None) -> int:
    """Exit status of a worker whose room ends so; None: it is told to stop by a signal."""
    servers[URL] = Server()
    house = Household(FakeStages(), EngineConfig(), MonotonicClock())

    async def play() -> int:
        agent = Room()
        await agent.connect(URL, "agent-1@demo as agent")
        room = SdkRoom(cast(ModuleType, livekit_sdk))
        working = asyncio.create_task(
            work(house, room, Ticket(URL, token), Wish("ultra", "default"))
        )
        for _ in range(20):
            await asyncio.sleep(0)
        if "face" in servers[URL].rooms["demo"]:
            if reason is None:
                os.kill(os.getpid(), signal.SIGTERM)
            else:
                servers[URL].rooms["demo"]["face"].drop(reason)
        return await asyncio.wait_for(working, 10.0)

    status = asyncio.run(play())
    assert house.sessions == 0
    assert "face" not in servers[URL].rooms["demo"]
    return status


def test_the_exit_status_says_how_it_ended(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing to do any more, told to stop, or lost: with the reason in the log."""
    caplog.set_level("INFO")
    assert worked("face@demo", DisconnectReason.ROOM_DELETED) == 0
    assert "ROOM_DELETED" in caplog.text
    assert worked("face@demo", None) == 0
    assert "SIGTERM" in caplog.text
    assert worked("face@demo", DisconnectReason.SERVER_SHUTDOWN) == LOST
    assert "the room was lost; got SERVER_SHUTDOWN" in caplog.text


def test_a_room_that_cannot_be_joined_is_an_explained_error() -> None:
    """Exit status 1, by the command's own rule."""
    with pytest.raises(TransportError, match="cannot be joined"):
        worked("nonsense", None)


def test_a_server_that_does_not_answer_holds_up_no_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Exit status 0, at once."""
    house = Household(FakeStages(), EngineConfig(), MonotonicClock())

    async def for_ever(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.Event().wait()

    async def play() -> int:
        monkeypatch.setattr(Room, "connect", for_ever)
        room = SdkRoom(cast(ModuleType, livekit_sdk))
        working = work(house, room, Ticket(URL, "face@demo"), Wish("ultra", "default"))
        return await asyncio.wait_for(working, 5.0)

    assert asyncio.run(play()) == 0
