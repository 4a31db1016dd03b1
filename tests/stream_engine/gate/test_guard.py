"""The guard before a real server: requests, WebSockets, pages elsewhere."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import aioice.ice
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Message
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from stream_engine.config import ServerConfig
from stream_engine.gate.addresses import read_authority
from stream_engine.gate.guard import plain_protocol, read_call
from stream_engine.gate.tokens import Grant, sign
from stream_engine.gate.visits import visitor
from stream_engine.server import create_app
from stream_engine.service_config import AccessConfig, LimitsConfig
from tests.fakes.caller import Caller
from tests.fakes.live_server import LiveServer, live_server
from tests.fakes.stages import FakeStages

pytestmark = pytest.mark.net

KEY = "the-key-of-this-server"
BEARER = {"Authorization": f"Bearer {KEY}"}
APP = "https://app.example"


def token(**allowed: Any) -> str:
    return sign(KEY, Grant(expires_s=time.time() + 60.0, **allowed))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server with a key for all tests of this file."""
    path = tmp_path_factory.mktemp("keys") / "keys"
    path.write_text(KEY)
    with live_server(access=AccessConfig(keys=str(path), origins=(APP,))) as running:
        yield running


def first_word(url: str, **options: Any) -> dict[str, Any]:
    """What a WebSocket is told first."""
    with connect(url, **options) as socket:
        said: dict[str, Any] = json.loads(socket.recv(timeout=5))
        return said


def refused(url: str, **options: Any) -> tuple[int, dict[str, Any]]:
    """How a handshake is refused."""
    with pytest.raises(InvalidStatus) as caught:
        connect(url, **options)
    response = caught.value.response
    return response.status_code, json.loads(bytes(response.body or b""))["error"]


def test_the_page_is_for_everyone_and_the_rest_for_whoever_has_a_key(server: LiveServer) -> None:
    """401 as JSON, with the scheme that is wanted; with the key it goes."""
    assert server.ask("").status == server.ask("app.js").status == 200
    assert server.ask("readyz").status == server.ask("style.css").status == 200
    for path, method in (("api/profiles", "GET"), ("metrics", "GET"), ("api/offer", "POST")):
        reply = server.ask(path, method, b"{}" if method == "POST" else None)
        assert (reply.status, reply.json["error"]["type"]) == (401, "Unauthorized")
        assert reply.headers["WWW-Authenticate"] == "Bearer"
        assert reply.json["error"]["fix"]
    assert server.ask("api/profiles", headers=BEARER).status == 200
    assert server.ask("api/offer", "POST", b"{}", BEARER).json["error"]["type"] == "SignalingError"
    lines = server.ask("metrics", headers=BEARER).body.splitlines()
    assert any(row.startswith('elocute_requests_refused_total{cause="unaut') for row in lines)


def test_a_websocket_shows_its_token_in_header_query_or_protocol(server: LiveServer) -> None:
    """The key in the header only; the protocol offered beside the token is chosen."""
    url = server.speech_url
    assert first_word(url, additional_headers=BEARER)["type"] == "ready"
    assert first_word(f"{url}?rate=8000&token={token()}")["rate_hz"] == 8000
    offered = [Subprotocol(f"bearer.{token()}"), Subprotocol("elocute")]
    with connect(url, subprotocols=offered) as socket:
        assert socket.subprotocol == "elocute"
        assert json.loads(socket.recv(timeout=5))["type"] == "ready"
    for wrong in (url, f"{url}?token={KEY}", f"{url}?token={token()}x"):
        assert refused(wrong)[0] == 401


def test_a_token_is_for_its_profile(server: LiveServer) -> None:
    """Asked for another, the session is refused with the one it may have."""
    url = f"{server.speech_url}?token={token(profile='ultra')}"
    assert first_word(url + "&profile=ultra")["type"] == "ready"
    error = first_word(url)["error"]
    assert (error["type"], error["expected"]) == ("Forbidden", "ultra")


def test_a_page_elsewhere_opens_nothing(server: LiveServer) -> None:
    """Neither by POST nor by WebSocket, with whatever key; the server's own page does."""
    evil = {"Origin": "https://evil.example"}
    reply = server.ask("api/offer", "POST", b"{}", {**BEARER, **evil})
    assert (reply.status, reply.json["error"]["type"]) == (403, "Forbidden")
    assert "Access-Control-Allow-Origin" not in reply.headers
    status, error = refused(
        server.speech_url, additional_headers=BEARER, origin=Origin("https://evil.example")
    )
    assert (status, error["type"]) == (403, "Forbidden")
    home = Origin(server.url.rstrip("/"))
    assert first_word(server.speech_url, additional_headers=BEARER, origin=home)["type"] == "ready"


def test_a_page_that_the_settings_name_may_ask_and_read(server: LiveServer) -> None:
    """Preflight, request and refusal alike; an unknown page's preflight is refused."""
    asks = {"Origin": APP, "Access-Control-Request-Method": "POST"}
    reply = server.ask("api/offer", "OPTIONS", None, asks)
    assert (reply.status, reply.headers["Access-Control-Allow-Origin"]) == (204, APP)
    assert "Authorization" in reply.headers["Access-Control-Allow-Headers"]
    reply = server.ask("api/offer", "POST", b"{}", {"Origin": APP})
    assert (reply.status, reply.headers["Access-Control-Allow-Origin"]) == (401, APP)
    reply = server.ask("api/offer", "OPTIONS", None, {**asks, "Origin": "https://evil.example"})
    assert (reply.status, reply.headers["Access-Control-Allow-Origin"]) == (403, None)


def test_a_file_kept_for_one_page_is_not_another_pages(server: LiveServer) -> None:
    """A module is readable by a page the settings name; every answer says that it depends."""
    for headers, allowed in (({"Origin": APP}, APP), ({"Origin": "https://evil.example"}, None)):
        reply = server.ask("element.js", headers=headers)
        assert (reply.status, reply.headers["Access-Control-Allow-Origin"]) == (200, allowed)
        assert "Origin" in reply.headers["Vary"]
    assert "Origin" in server.ask("element.js").headers["Vary"]
    with live_server() as private:
        assert "Vary" not in private.ask("element.js").headers


def test_a_name_bent_to_this_machine_reads_nothing(server: LiveServer) -> None:
    """DNS rebinding: page and Host agree, and both are strangers."""
    strange = {"Host": "evil.example:80", "Origin": "http://evil.example:80"}
    for path in ("", "api/profiles", "metrics"):
        assert server.ask(path, headers={**BEARER, **strange}).status == 403
    assert server.ask("healthz", headers=strange).status == 200


def test_an_address_has_so_many_sessions_and_requests() -> None:
    """429 and when to come again, at both doors; another address is not meant."""
    limits = LimitsConfig(requests_per_s=0.01, request_burst=6, sessions_per_address=1)
    access = AccessConfig(proxies=("127.0.0.1",))
    with live_server(access=access, limits=limits) as server:
        with connect(server.speech_url) as socket:
            assert json.loads(socket.recv(timeout=5))["type"] == "ready"
            with connect(server.speech_url) as second:
                assert json.loads(second.recv(timeout=5))["error"]["type"] == "TooMany"
                with pytest.raises(ConnectionClosed):
                    second.recv(timeout=5)
                assert second.close_code == 1013
            reply = server.ask("api/offer", "POST", b'{"sdp":"","type":"offer"}')
            assert (reply.status, reply.json["error"]["type"]) == (429, "TooMany")
            assert int(reply.headers["Retry-After"]) == 10
            other = {"X-Forwarded-For": "192.0.2.9"}
            assert first_word(server.speech_url, additional_headers=other)["type"] == "ready"
        for _ in range(3):
            assert server.ask("").status == 200
        reply = server.ask("")
        assert (reply.status, reply.json["error"]["type"]) == (429, "TooMany")
        assert 0 < int(reply.headers["Retry-After"]) <= 100
        assert refused(server.speech_url)[0] == 429
        assert server.ask("healthz").status == server.ask("", headers=other).status == 200


def test_a_session_ends_when_its_time_is_up() -> None:
    """The client is told; the server has room again."""
    with (
        live_server(limits=LimitsConfig(longest_session_s=0.5)) as server,
        connect(server.speech_url) as socket,
    ):
        assert json.loads(socket.recv(timeout=5))["type"] == "ready"
        assert json.loads(socket.recv(timeout=5))["error"]["type"] == "TimeUp"
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=5)
        while server.house.sessions:
            pass
        assert server.house.tally.count("sessions_timed_out_total") == 1


def test_a_call_lasts_as_long_as_its_token_says(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pictures come, then the reason; that is no failure of the server."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda *_, **__: ["127.0.0.1"])

    async def call() -> None:
        caller = Caller()
        await caller.dial(server.url, {"Authorization": f"Bearer {token(longest_s=1.0)}"})
        await caller.until(lambda: caller.events and caller.events[-1]["type"] == "error")
        told = caller.events[-1]
        assert (told["error"]["type"], told["ends"]) == ("TimeUp", True)
        assert caller.pictures
        await caller.close()

    failed = server.house.tally.count("sessions_failed_total")
    asyncio.run(call())
    assert server.house.tally.count("sessions_failed_total") == failed


def test_a_data_channel_is_not_listened_to_when_it_shouts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As many answers as messages it may send; the call goes on."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda *_, **__: ["127.0.0.1"])

    async def call(server: LiveServer) -> int:
        caller = Caller()
        await caller.dial(server.url)
        await caller.until(lambda: caller.channel.readyState == "open")
        for number in range(100):
            caller.channel.send(json.dumps({"type": "heartbeat", "t": number}))
        await caller.until(lambda: server.house.tally.count("events_refused_total") > 0)
        pictures = caller.pictures
        await caller.until(lambda: caller.pictures > pictures)
        await caller.close()
        return sum(event["type"] == "pong" for event in caller.events)

    with live_server(limits=LimitsConfig(messages_per_s=20.0)) as server:
        pongs = asyncio.run(call(server))
        refused = server.house.tally.count("events_refused_total")
    assert 20 <= pongs < 100
    assert refused >= 40


def test_headers_of_one_name_are_read_as_one_list() -> None:
    """A proxy may add a line of its own; two names or pages are none."""
    twice = [(b"x-forwarded-for", b"192.0.2.1"), (b"host", b"a"), (b"x-forwarded-for", b"10.0.0.1")]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [*twice, (b"host", b"b")]}
    call = read_call(scope)
    assert call.header("x-forwarded-for") == "192.0.2.1, 10.0.0.1"
    assert call.header("host") == "a, b"
    assert read_authority(call.header("host")) is None


def test_messages_that_come_too_fast_are_read_later_and_none_is_lost() -> None:
    """The sender is held up; the motion is whole."""
    limits = LimitsConfig(messages_per_s=200.0)
    with live_server(limits=limits) as server, connect(server.speech_url) as socket:
        began = time.monotonic()
        for _ in range(256):
            socket.send(bytes(2 * 160))
        socket.send('{"type":"end"}')
        words = [json.loads(text) for text in socket]
        assert words[-1] == {"type": "ended", "frames": 256 * 160 // 640}
        assert time.monotonic() - began > 0.2
        assert server.house.tally.count("messages_held_total") > 0


SCOPE = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["http", "websocket"]),
        "method": st.sampled_from(["GET", "POST", "OPTIONS", "DELETE"]),
        "path": st.text(max_size=30).map("/".__add__),
        "query_string": st.binary(max_size=30) | st.just(b"token=%ff&token&token==x&a"),
        "headers": st.lists(
            st.tuples(
                st.sampled_from(
                    [b"host", b"origin", b"authorization", b"x-forwarded-for",
                     b"sec-websocket-protocol", b"access-control-request-method"]
                ),
                st.binary(max_size=40) | st.sampled_from([b"bearer.", b"Bearer \xff", b"http://[:"]),
            ),
            max_size=6,
        ),
        "client": st.none() | st.tuples(st.text(max_size=8), st.integers()),
    }
)  # fmt: skip


@settings(max_examples=300)
@given(SCOPE)
def test_whatever_the_headers_hold_there_is_one_answer(scope: dict[str, Any]) -> None:
    """A status of ours, never a crash; a token in the query is not left there."""
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    scope = {"http_version": "1.1", "root_path": "", "scheme": "http", **scope}
    if scope["type"] == "websocket":
        scope["extensions"] = {"websocket.http.response": {}}
        read_call(scope)
        assert b"token=" not in scope["query_string"].replace(b"xtoken=", b"")
        return
    asyncio.run(APPLICATION(scope, receive, send))
    assert messages[0]["type"] == "http.response.start"
    assert messages[0]["status"] in {200, 204, 304, 307, 400, 401, 403, 404, 405, 410}


def test_protocols_are_chosen_but_for_the_token() -> None:
    """The first; none if there is only the token."""
    assert plain_protocol(["bearer.x", "", "a", "b"]) == "a"
    assert plain_protocol(["bearer.x"]) is None


def test_who_works_for_nobody_is_trusted() -> None:
    """Outside a request, as tests and tools are."""
    assert visitor().trusted


def _application() -> Any:
    from stream_engine.config import EngineConfig

    return create_app(FakeStages(), EngineConfig(server=ServerConfig(port=0)))


APPLICATION = _application()
