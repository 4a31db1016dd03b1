"""Tokens: what somebody may do for a short while, signed with one of the server's keys.

``v1.PAYLOAD.MAC``: the payload is JSON in base64url, the MAC is HMAC-SHA256 over the text before
it. Nothing is kept, so any server with the key can check what any other gave out.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass

from stream_engine.errors import Unauthorized

MAX_TOKEN = 1024
"""Longest text that is looked at, characters."""

_PURPOSE = b"elocute token\0"
_FIX = "ask for a new one where you got it (POST /api/token with the server's key)"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token allows.

    Attributes:
        profile: The only latency profile its sessions may have; any if empty.
        longest_s: How long each of them may last; 0 for no limit of its own.
        expires_s: Until when sessions may be opened with it, seconds since 1970.
    """

    profile: str = ""
    longest_s: float = 0.0
    expires_s: float = float("inf")


def sign(key: str, grant: Grant) -> str:
    """Write a token.

    Args:
        key: One of the server's.
        grant: What it allows; ``expires_s`` is finite.

    Returns:
        The token, of letters that a URL and a header take as they are.
    """
    values = {"exp": grant.expires_s, "profile": grant.profile, "longest_s": grant.longest_s}
    text = json.dumps(values, separators=(",", ":"), allow_nan=False)
    signed = f"v1.{_base64(text.encode())}"
    return f"{signed}.{_mac(key, signed)}"


def check(keys: Sequence[str], token: str, now_s: float) -> Grant:
    """Read a token.

    Args:
        keys: The server's; one that was replaced may stand here until its tokens have expired.
        token: As it was shown.
        now_s: Seconds since 1970.

    Returns:
        What it allows.

    Raises:
        Unauthorized: If no key signed exactly this, or it has expired.
    """
    signed, _, mac = token.rpartition(".") if len(token) <= MAX_TOKEN else ("", "", "")
    shown = mac.encode("utf-8", "replace")
    # The text of the MAC is compared, not its bytes: base64 has several texts for the same bytes.
    matches = [hmac.compare_digest(shown, _mac(key, signed).encode()) for key in keys]
    if not any(matches):
        raise Unauthorized("the token is none of this server's", fix=_FIX)
    values = json.loads(base64.urlsafe_b64decode(signed.removeprefix("v1.") + "=="))
    grant = Grant(values["profile"], values["longest_s"], values["exp"])
    if now_s >= grant.expires_s:
        late_s = now_s - grant.expires_s
        raise Unauthorized("the token has expired", got=f"{late_s:.0f} s ago", fix=_FIX)
    return grant


def _mac(key: str, signed: str) -> str:
    data = _PURPOSE + signed.encode("utf-8", "replace")
    return _base64(hmac.new(key.encode(), data, hashlib.sha256).digest())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")
