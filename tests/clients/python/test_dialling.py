"""The way to a server."""

import asyncio
from urllib.parse import parse_qsl, urlsplit

import pytest

from clients.python.dialling import Options, address, dial
from clients.python.faults import Unreachable
from stream_engine.config import ServerConfig
from stream_engine.errors import (
    CapacityError,
    ConfigError,
    SignalingError,
    TransportError,
    Unauthorized,
)
from tests.fakes.live_server import LiveServer, live_server

KEY = "the-key-of-this-server"


def whole(server: LiveServer, options: Options) -> str:
    return address(server.speech_url.replace("speech", "realtime"), 24_000, True, options)


def refused(url: str, token: str = "", options: Options | None = None) -> None:
    async def knock() -> None:
        line = await dial(url, token, options or Options())
        await line.socket.close()

    asyncio.run(knock())


def test_the_url_says_what_cannot_change() -> None:
    """Only what is wished; the rest is the server's choice."""
    options = Options(profile="ultra", idle=False, session="a&b")
    url = urlsplit(address("ws://h/v1/realtime", 16_000, False, options))
    assert dict(parse_qsl(url.query)) == {
        "rate": "16000", "encoding": "json", "idle": "false", "profile": "ultra", "session": "a&b",
    }  # fmt: skip
    assert "profile" not in address("ws://h", 24_000, True, Options())


@pytest.mark.net
def test_refusals_are_the_servers_own() -> None:
    """An unknown profile, a session that is not there, a full house."""
    with live_server(config=ServerConfig(port=0, max_sessions=1)) as server:
        with pytest.raises(ConfigError, match="hasty"):
            refused(whole(server, Options(profile="hasty")))
        with pytest.raises(SignalingError, match="no such session"):
            refused(whole(server, Options(session="gone")))

        async def two() -> None:
            line = await dial(whole(server, Options()), "", Options())
            try:
                with pytest.raises(CapacityError, match="full"):
                    await dial(whole(server, Options()), "", Options())
            finally:
                await line.socket.close()

        asyncio.run(two())
        with pytest.raises(TransportError, match="403"):
            refused(whole(server, Options()).replace("realtime", "nowhere"))


@pytest.mark.net
def test_a_key_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the server says what is missing."""
    monkeypatch.setenv("ELOCUTE_KEYS", KEY)
    with live_server() as server:
        with pytest.raises(Unauthorized, match="no key or token"):
            refused(whole(server, Options()))
        refused(whole(server, Options()), KEY)


@pytest.mark.net
def test_the_patient_wait_for_room() -> None:
    """Nobody listening is an error at once, or when patience is over; room that comes is taken."""
    with pytest.raises(Unreachable, match="no server"):
        refused("ws://127.0.0.1:9/v1/realtime", options=Options(patience_s=0.3))
    with live_server(config=ServerConfig(port=0, max_sessions=1)) as server:

        async def second_waits() -> None:
            first = await dial(whole(server, Options()), "", Options())
            waiting = asyncio.create_task(
                dial(whole(server, Options()), "", Options(patience_s=20.0))
            )
            refusals = server.house.tally
            while not refusals.count("sessions_refused_total"):  # noqa: ASYNC110 - another thread's
                await asyncio.sleep(0.01)
            assert not waiting.done()
            await first.socket.close()
            line = await waiting
            assert line.session.rate_hz == 24_000
            await line.socket.close()

        asyncio.run(second_waits())
