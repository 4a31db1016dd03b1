"""Tokens that let an avatar into a room: JWT, signed with the project's secret (HS256)."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass

from stream_engine.livekit.wire import ON_BEHALF

LIFETIME_S = 6 * 3600
"""As long as LiveKit's own tokens."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A project's key and its secret."""

    key: str
    secret: str


@dataclass(frozen=True, slots=True)
class Admission:
    """Who may join what.

    Attributes:
        room: Name of the room.
        identity: Of the avatar.
        agent: Identity of the agent whose avatar it is; empty if it will say so itself.
    """

    room: str
    identity: str
    agent: str = ""


def admit(api: ApiKey, admission: Admission, now_s: float) -> str:
    """Make a token.

    Args:
        api: Signs it.
        admission: What it allows.
        now_s: Seconds since 1970.

    Returns:
        The token, good for `LIFETIME_S`.
    """
    claims: dict[str, object] = {
        "iss": api.key,
        "sub": admission.identity,
        "nbf": int(now_s),
        "exp": int(now_s) + LIFETIME_S,
        "name": admission.identity,
        "kind": "agent",
        "video": {
            "roomJoin": True,
            "room": admission.room,
            "canPublish": True,
            "canSubscribe": True,
            "canPublishData": True,
            "canUpdateOwnMetadata": True,
        },
    }
    if admission.agent:
        claims["attributes"] = {ON_BEHALF: admission.agent}
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    digest = hmac.new(api.secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_text(digest)}"


def _part(value: object) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
