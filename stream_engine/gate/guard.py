"""In front of every door: each request and WebSocket is judged before anything else sees it."""

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import unquote

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stream_engine.errors import AccessError, Forbidden, TooMany, Unauthorized
from stream_engine.gate.buckets import Pace
from stream_engine.gate.rules import SOCKET, Call, Rules
from stream_engine.gate.visits import visited_by
from stream_engine.household import Household
from stream_engine.refusals import refusal

TOKEN_PROTOCOL = "bearer."
"""A WebSocket's subprotocol that begins so shows a token; offer another beside it."""

CLOSE_REFUSED = 1008

PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
    "Access-Control-Allow-Private-Network": "true",
    "Access-Control-Max-Age": "600",
}
"""What a browser is told before a page elsewhere, known by the settings, makes a request."""


REFUSED: dict[type[AccessError], str] = {
    Unauthorized: 'requests_refused_total{cause="unauthorized"}',
    Forbidden: 'requests_refused_total{cause="forbidden"}',
    TooMany: 'requests_refused_total{cause="too_many"}',
}
"""What a refusal is counted as."""


class Guard:
    """ASGI middleware.

    *Thread*: the loop.

    Args:
        app: What is behind.
        rules: Judges.
        house: Clock, counts, limits, traces.
    """

    def __init__(self, app: ASGIApp, rules: Rules, house: Household) -> None:
        self._app = app
        self._rules = rules
        self._house = house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a call in, or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        call = read_call(scope)
        if self._rules.knows_page(call):
            send = _with_headers(_readable_by(call.header("origin")), send)
        elif self._rules.has_pages:
            send = _with_headers({"Vary": "Origin"}, send)
        try:
            who = self._rules.judge(call)
        except AccessError as error:
            self._house.tally.add(REFUSED[type(error)])
            await _refuse(error, scope, receive, send)
            return
        if call.method == "OPTIONS" and "access-control-request-method" in call.headers:
            await Response(status_code=204, headers=PREFLIGHT)(scope, receive, send)
            return
        with visited_by(who):
            await self._pass(call, scope, receive, send)

    async def _pass(self, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        if call.method == SOCKET:
            receive = self._paced(receive)
            send = _with_protocol(plain_protocol(_protocols(call)), send)
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        end = self._house.tracer.begin("request", {"http.request.method": call.method})
        try:
            await self._app(scope, receive, sending)
        finally:
            door = getattr(scope.get("endpoint"), "__name__", "")
            end({"http.response.status_code": status, "elocute.door": door})

    def _paced(self, receive: Receive) -> Receive:
        rate = self._house.config.limits.messages_per_s
        pace = Pace(rate, rate, self._house.clock, self._house.tally)

        async def receiving() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive":
                await pace.hold()
            return message

        return receiving


def read_call(scope: Scope) -> Call:
    """Read what is judged off a request; its token is taken out of the query, so nobody logs it.

    Args:
        scope: Of ASGI; changed in place.

    Returns:
        The call.
    """
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        # Of several with one name the proxy nearest to us wrote the last; none is lost.
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    socket = scope["type"] == "websocket"
    method = SOCKET if socket else scope["method"]
    peer = (scope.get("client") or ("",))[0]
    call = Call(method, scope["path"], peer, headers)
    if not socket:
        return call
    tokens = [name for name in _protocols(call) if name.startswith(TOKEN_PROTOCOL)]
    token = tokens[0].removeprefix(TOKEN_PROTOCOL) if tokens else ""
    return dataclasses.replace(call, token=_take_token(scope) or token)


def _take_token(scope: Scope) -> str:
    """Take ``token=`` out of the query; the last one counts."""
    query = scope.get("query_string", b"").decode("latin-1")
    if "token=" not in query:
        return ""
    pairs = [part.partition("=") for part in query.split("&")]
    scope["query_string"] = "&".join(
        name + equals + value for name, equals, value in pairs if name != "token"
    ).encode("latin-1")
    tokens = [unquote(value) for name, _, value in pairs if name == "token"]
    return tokens[-1] if tokens else ""


def _protocols(call: Call) -> list[str]:
    return [name.strip() for name in call.header("sec-websocket-protocol").split(",")]


def plain_protocol(offered: Iterable[str]) -> str | None:
    """Choose among a WebSocket's subprotocols the first that is no token; None if there is none."""
    plain = (name for name in offered if name and not name.startswith(TOKEN_PROTOCOL))
    return next(plain, None)


def _with_protocol(chosen: str | None, send: Send) -> Send:
    """Choose a protocol where the door does not: a browser that offered some insists on one."""

    async def sending(message: Message) -> None:
        if message["type"] == "websocket.accept" and chosen and not message.get("subprotocol"):
            message = {**message, "subprotocol": chosen}
        await send(message)

    return sending


def _readable_by(origin: str) -> dict[str, str]:
    """Let a page elsewhere read the answer; a cache must not give it what another page got."""
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Location, Link, ETag, Retry-After",
        "Vary": "Origin",
    }


def _with_headers(extra: Mapping[str, str], send: Send) -> Send:
    pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in extra.items()]

    async def sending(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            message = {**message, "headers": [*message.get("headers", ()), *pairs]}
        await send(message)

    return sending


async def _refuse(error: AccessError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the error; a WebSocket's handshake too, where the server can."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get(
        "extensions", {}
    ):
        await send({"type": "websocket.close", "code": CLOSE_REFUSED})
        return
    await refusal(error)(scope, receive, send)


def open_paths(web_root: Path) -> list[str]:
    """List what anybody may read: the page and its files.

    Args:
        web_root: Folder of the page.

    Returns:
        Their paths.
    """
    found = (path.relative_to(web_root).as_posix() for path in web_root.rglob("*"))
    return ["/", *("/" + path for path in found)]
