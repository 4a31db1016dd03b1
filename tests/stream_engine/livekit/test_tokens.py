"""Tokens that LiveKit takes."""

import base64
import hashlib
import hmac
import json

import pytest

from stream_engine.livekit.tokens import LIFETIME_S, Admission, ApiKey, admit

API = ApiKey("APIkey", "a secret that is long enough for HS256")


def part(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_token_lets_an_avatar_into_one_room_as_somebodys_face() -> None:
    """Signed with the secret; it says whose face it is, and ends."""
    token = admit(API, Admission("demo", "face", "agent-7"), 1000.5)
    head, claims, signature = token.split(".")
    signed = hmac.new(API.secret.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
    assert part(signature) == signed
    assert json.loads(part(head)) == {"alg": "HS256", "typ": "JWT"}
    said = json.loads(part(claims))
    assert (said["iss"], said["sub"], said["kind"]) == ("APIkey", "face", "agent")
    assert (said["nbf"], said["exp"]) == (1000, 1000 + LIFETIME_S)
    assert said["attributes"] == {"lk.publish_on_behalf": "agent-7"}
    assert (said["video"]["room"], said["video"]["roomJoin"]) == ("demo", True)
    assert said["video"]["canUpdateOwnMetadata"]


def test_an_avatar_that_does_not_know_its_agent_says_so_later() -> None:
    """No attribute is better than a wrong one."""
    token = admit(API, Admission("demo", "face"), 0.0)
    assert "attributes" not in json.loads(part(token.split(".")[1]))


def test_livekits_own_verifier_takes_it() -> None:
    """If it is installed: the same names, the same signature."""
    api = pytest.importorskip("livekit.api")
    import time

    token = admit(API, Admission("demo", "face", "agent-7"), time.time())
    claims = api.TokenVerifier(API.key, API.secret).verify(token)
    assert (claims.identity, claims.kind) == ("face", "agent")
    assert claims.attributes == {"lk.publish_on_behalf": "agent-7"}
    assert (claims.video.room, claims.video.room_join) == ("demo", True)
    assert claims.video.can_publish
    assert claims.video.can_update_own_metadata
