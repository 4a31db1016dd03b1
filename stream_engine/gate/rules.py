"""What is asked of every request: the right name, a good page, not too often, a key or token.

::

    name (Host) ─► who (key, token) ─► how often (address) ─► whose page (Origin) ─► may they?
"""

import hmac
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from stream_engine.clock import EpochClock
from stream_engine.config import EngineConfig
from stream_engine.errors import Forbidden, TooMany, Unauthorized
from stream_engine.gate.addresses import among, client_address, read_authority, same_origin
from stream_engine.gate.buckets import AddressBuckets
from stream_engine.gate.keys import is_local
from stream_engine.gate.tokens import check
from stream_engine.gate.visits import Visitor
from stream_engine.protocols import Clock
from stream_engine.setting_checks import networks

PROBES = frozenset({"/healthz", "/readyz"})
"""Asked by whatever keeps the server running: never refused, and they cost nothing."""

KEY_ONLY = frozenset({"/metrics", "/api/token"})
"""A token does not open these."""

READING = ("GET", "HEAD")
SOCKET = "WEBSOCKET"


@dataclass(frozen=True, slots=True)
class Call:
    """A request, or a WebSocket's handshake, as far as it is judged.

    Attributes:
        method: Of HTTP, or `SOCKET`.
        path: Decoded.
        peer: Address at the other end of the connection.
        headers: By name in small letters.
        token: Shown elsewhere than in a header: browsers cannot set those of WebSockets.
    """

    method: str
    path: str
    peer: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    token: str = ""

    def header(self, name: str) -> str:
        """Give a header; empty if there is none."""
        return self.headers.get(name, "")


class Rules:
    """Judges calls.

    *State*: a bucket for each address, bounded. *Thread*: the loop.

    Args:
        config: Settings.
        keys: From `read_keys`; without any nobody needs one.
        page: Paths that anybody may read.
        buckets: Counts requests.
        calendar: Seconds since 1970, for tokens; the machine's own by default.
    """

    def __init__(
        self,
        config: EngineConfig,
        keys: Sequence[str],
        page: Collection[str],
        buckets: AddressBuckets,
        calendar: Clock | None = None,
    ) -> None:
        self._keys = [key.encode() for key in keys]
        self._signing = tuple(keys)
        self._page = frozenset(page)
        self._buckets = buckets
        self._calendar = calendar or EpochClock()
        access = config.access
        self._local = is_local(config.server.host)
        self._hosts, self._origins = frozenset(access.hosts), frozenset(access.origins)
        self._proxies = networks("access.proxies", access.proxies)
        self._scrapers = networks("access.scrapers", access.scrapers)

    def judge(self, call: Call) -> Visitor:
        """Say who makes a call, if it may be made.

        Args:
            call: As it came.

        Returns:
            Whose it is.

        Raises:
            Forbidden: If it came under a wrong name, from a wrong page, or wants what its token
                does not open.
            Unauthorized: If it needs a key or token and has none that holds.
            TooMany: If its address asks too often.
        """
        address = client_address(call.peer, call.header("x-forwarded-for"), self._proxies)
        if call.path in PROBES and call.method in READING:
            return Visitor(address, trusted=False)
        self._check_name(call)
        who = self._identify(call, address)
        if isinstance(who, Unauthorized) or not who.trusted:
            self._check_rate(address)
        self._check_page(call)
        if self._is_open(call, address):
            return Visitor(address, trusted=False) if isinstance(who, Unauthorized) else who
        if isinstance(who, Unauthorized):
            raise who
        if call.path in KEY_ONLY and self._keys and not who.trusted:
            raise Forbidden("a token does not open this", got=call.path, expected="the key itself")
        return who

    @property
    def has_pages(self) -> bool:
        """Whether the settings name any page elsewhere."""
        return bool(self._origins)

    def knows_page(self, call: Call) -> bool:
        """Whether it comes from a page elsewhere that the settings name."""
        return call.header("origin") in self._origins

    def _check_name(self, call: Call) -> None:
        """A page elsewhere can make its own name mean this machine (DNS rebinding)."""
        if not (self._local or self._hosts):
            return
        host = read_authority(call.header("host"))
        if host is not None and (host.literal or host.name in self._hosts):
            return
        if host is None or not (self._local and is_local(host.name)):
            raise Forbidden(
                "the server is not called that",
                got=repr(call.header("host"))[:80],
                expected=", ".join(sorted(self._hosts)) or "localhost",
                fix="name it in access.hosts",
            )

    def _identify(self, call: Call, address: str) -> Visitor | Unauthorized:
        if not self._keys:
            return Visitor(address, trusted=False)
        scheme, _, shown = call.header("authorization").partition(" ")
        shown = shown.strip() if scheme.lower() == "bearer" else ""
        data = shown.encode("utf-8", "replace")
        if any([hmac.compare_digest(data, key) for key in self._keys]):  # all, whichever it is
            return Visitor(address)
        if not (shown or call.token):
            return Unauthorized(
                "no key or token was shown",
                expected="a header Authorization: Bearer, or token= in a WebSocket's query",
                fix="ask the server's operator (POST /api/token with the server's key)",
            )
        # Who ends what they began may be late.
        now_s = 0.0 if call.method == "DELETE" else self._calendar.now()
        try:
            return Visitor(address, False, check(self._signing, shown or call.token, now_s))
        except Unauthorized as error:
            return error

    def _check_rate(self, address: str) -> None:
        wait_s = self._buckets.take(address)
        if wait_s > 0.0:
            raise TooMany(
                "too many requests from one address",
                fix="slow down, or show the server's key",
                retry_after_s=math.ceil(wait_s),
            )

    def _check_page(self, call: Call) -> None:
        """A page elsewhere must not use what its reader may reach."""
        origin = call.header("origin")
        if not origin or call.method in READING or self.knows_page(call):
            return
        if not same_origin(origin, read_authority(call.header("host"))):
            raise Forbidden(
                "a page elsewhere may not do this",
                got=repr(origin)[:80],
                expected="the server's own page, or one of access.origins",
                fix="name it in access.origins",
            )

    def _is_open(self, call: Call, address: str) -> bool:
        if call.method == "OPTIONS":
            return True
        if call.method not in READING:
            return False
        if call.path == "/metrics":
            return among(address, self._scrapers)
        return call.path in self._page or call.path.startswith("/assets/")
