"""``POST /api/token``: whoever has the server's key gets tokens for those who have not."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stream_engine.clock import EpochClock
from stream_engine.errors import Forbidden, SignalingError
from stream_engine.gate.tokens import Grant, sign
from stream_engine.gate.visits import visitor
from stream_engine.motion.window import profile_named
from stream_engine.protocols import Clock
from stream_engine.refusals import body_text, plain
from stream_engine.wire import decode_as

USUAL_S = 600.0
"""A token is good for so long unless it is asked for otherwise."""

MOST_S = 86_400.0
"""No token is good for longer."""


@dataclass(frozen=True, slots=True)
class TokenWish:
    """What a token shall allow; all may be left out.

    Attributes:
        seconds: How long sessions may be opened with it.
        profile: The only latency profile they may have.
        longest_s: How long each of them may last.
    """

    seconds: float = USUAL_S
    profile: str | None = None
    longest_s: float = 0.0


@dataclass(frozen=True, slots=True)
class TokenGiven:
    """The token, and for how many seconds it is good."""

    token: str
    expires_in: float


class TokenDoor:
    """Signs tokens.

    Args:
        keys: The server's; the first signs.
        calendar: Seconds since 1970.
    """

    def __init__(self, keys: Sequence[str], calendar: Clock | None = None) -> None:
        self._keys = keys
        self._calendar = calendar or EpochClock()

    async def give(self, request: Request) -> Response:
        """Answer a request that the guard let through."""
        if not self._keys or not visitor().trusted:
            raise Forbidden("the server has no key to sign with", fix="set ELOCUTE_KEYS")
        text = await body_text(request)
        wish = decode_as(TokenWish, text or "{}")
        token = sign(self._keys[0], self._grant(wish))
        headers = {"Cache-Control": "no-store"}
        return JSONResponse(plain(TokenGiven(token, wish.seconds)), headers=headers)

    def _grant(self, wish: TokenWish) -> Grant:
        for name, value, most in (
            ("seconds", wish.seconds, MOST_S),
            ("longest_s", wish.longest_s, 31 * MOST_S),
        ):
            if not 0.0 <= value <= most:
                raise SignalingError(
                    f"{name} is out of range", got=str(value)[:40], expected=f"0..{most:.0f}"
                )
        profile = profile_named(wish.profile).name if wish.profile else ""
        return Grant(profile, wish.longest_s, self._calendar.now() + wish.seconds)
