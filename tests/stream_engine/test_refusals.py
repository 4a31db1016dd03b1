"""Errors as answers."""

import json

import pytest

from stream_engine import errors
from stream_engine.errors import TooMany, Unauthorized
from stream_engine.refusals import STATUSES, refusal


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("Unauthorized", 401), ("Forbidden", 403), ("AssetError", 404), ("ReplicaGone", 410),
        ("TooLarge", 413), ("TooMany", 429), ("SignalingError", 400), ("ConfigError", 400),
        ("CapacityError", 503), ("Draining", 503), ("PeerClosed", 503), ("InferenceError", 500),
    ],
)  # fmt: skip
def test_every_kind_of_error_has_its_status(name: str, status: int) -> None:
    """And is told as data."""
    answer = refusal(getattr(errors, name)("it went wrong", got="this", fix="that"))
    assert answer.status_code == status
    error = json.loads(answer.body)["error"]
    assert (error["type"], error["got"], error["fix"]) == (name, "this", "that")


def test_headers_say_what_to_do() -> None:
    """Which scheme; when to come again; anything of ours that is not foreseen stays inside."""
    assert refusal(Unauthorized("no")).headers["WWW-Authenticate"] == "Bearer"
    assert refusal(TooMany("no", retry_after_s=7)).headers["Retry-After"] == "7"
    answer = refusal(RuntimeError("secret path"))
    assert answer.status_code == 500
    assert b"secret" not in answer.body


def test_no_kind_hides_behind_one_that_comes_first() -> None:
    """A subclass stands before what it is one of."""
    kinds = [kind for kind, _ in STATUSES]
    for at, kind in enumerate(kinds):
        assert not any(issubclass(kind, earlier) for earlier in kinds[:at])
