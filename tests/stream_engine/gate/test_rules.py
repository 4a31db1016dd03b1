"""Who may do what: judged without a server."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.config import EngineConfig, ServerConfig
from stream_engine.errors import AccessError, Forbidden, TooMany, Unauthorized
from stream_engine.gate.buckets import AddressBuckets
from stream_engine.gate.rules import Call, Rules
from stream_engine.gate.tokens import Grant, sign
from stream_engine.service_config import AccessConfig
from stream_engine.telemetry.metrics import Tally
from tests.fakes.clock import ManualClock

KEY = "the-key-of-this-server"
NOW_S = 1.8e9
TOKEN = sign(KEY, Grant("ultra", 60.0, NOW_S + 10))
LATE = sign(KEY, Grant("", 0.0, NOW_S - 10))
PAGE = ["/", "/app.js"]


def rules(keys: tuple[str, ...] = (KEY,), burst: int = 1000, **access: Any) -> Rules:
    host = access.pop("host", "0.0.0.0")
    config = EngineConfig(server=ServerConfig(host=host), access=AccessConfig(**access))
    buckets = AddressBuckets(1.0, burst, ManualClock(), Tally())
    return Rules(config, keys, PAGE, buckets, ManualClock(NOW_S))


def call(method: str = "POST", path: str = "/api/offer", **headers: str) -> Call:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Call(method, path, "192.0.2.7", {"host": "face.example", **named})


def test_with_a_key_everything_that_opens_or_ends_needs_one() -> None:
    """Every method and path but the page's files and the probes."""
    for method in ("POST", "DELETE", "PATCH", "PUT", "WEBSOCKET", "FOO"):
        for path in ("/api/offer", "/", "/healthz", "/anything"):
            with pytest.raises(Unauthorized):
                rules().judge(call(method, path))
            assert rules().judge(call(method, path, authorization=f"Bearer {KEY}")).trusted
    for path in ("/metrics", "/api/profiles", "/api/ice", "/docs", "//", "/app.js/"):
        with pytest.raises(Unauthorized):
            rules().judge(call("GET", path))
    for path in ("/", "/app.js", "/assets/head.bin", "/healthz", "/readyz"):
        assert not rules().judge(call("GET", path)).trusted


def test_a_token_opens_sessions_and_nothing_else() -> None:
    """Its grant goes along; no metrics and no tokens for it."""
    who = rules().judge(call(authorization=f"bearer {TOKEN}"))
    assert (who.trusted, who.grant.profile, who.grant.longest_s) == (False, "ultra", 60.0)
    assert rules().judge(dataclasses.replace(call("WEBSOCKET"), token=TOKEN)) == who
    for method, path in (("GET", "/metrics"), ("POST", "/api/token")):
        with pytest.raises(Forbidden, match="does not open"):
            rules().judge(call(method, path, authorization=f"Bearer {TOKEN}"))


def test_a_late_token_only_ends_what_it_began() -> None:
    """DELETE goes; a new session does not."""
    with pytest.raises(Unauthorized, match="expired"):
        rules().judge(call(authorization=f"Bearer {LATE}"))
    rules().judge(call("DELETE", "/api/session/x", authorization=f"Bearer {LATE}"))


def test_the_key_is_never_taken_from_a_url() -> None:
    """URLs are written down in too many places."""
    with pytest.raises(Unauthorized):
        rules().judge(dataclasses.replace(call("WEBSOCKET"), token=KEY))


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH", "WEBSOCKET", "OPTIONS"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://face.example:81"])
def test_a_page_elsewhere_opens_nothing(method: str, origin: str) -> None:
    """Also without keys, and with one; the server's own page and the named ones may."""
    for keys in ((), (KEY,)):
        with pytest.raises(Forbidden, match="a page elsewhere"):
            rules(keys).judge(call(method, origin=origin, authorization=f"Bearer {KEY}"))
    rules(()).judge(call(method, origin="https://face.example"))
    known = rules((), origins=("https://app.example",))
    known.judge(call(method, origin="https://app.example"))
    with pytest.raises(Forbidden):
        known.judge(call(method, origin=origin))


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:8080", "", "127.0.0.1@x"])
def test_a_server_on_localhost_answers_to_no_other_name(host: str) -> None:
    """A page elsewhere can make its own name mean this machine; not even reading works then."""
    with pytest.raises(Forbidden, match="not called that"):
        rules((), host="127.0.0.1").judge(call("GET", "/", host=host))
    for good in ("localhost:8080", "127.0.0.1:8080", "[::1]:8080", "elocute.localhost"):
        rules((), host="127.0.0.1").judge(call("GET", "/", host=good))


def test_names_that_the_settings_know_are_answered_to() -> None:
    """Addresses, too, which nobody can bend; probes come under any name."""
    named = rules((), hosts=("face.example",))
    named.judge(call("GET", "/"))
    named.judge(call("GET", "/", host="192.0.2.1:8080"))
    with pytest.raises(Forbidden):
        named.judge(call("GET", "/", host="localhost"))
    named.judge(call("GET", "/healthz", host="whatever"))
    rules(()).judge(call("GET", "/", host="whatever"))


def test_an_address_that_asks_too_often_is_told_when_to_come_again() -> None:
    """Wrong keys count, the key itself does not, nor do probes; others are not held up."""
    strict = rules(burst=2)
    for _ in range(2):
        with pytest.raises(Unauthorized):
            strict.judge(call(authorization="Bearer wrong"))
    with pytest.raises(TooMany) as caught:
        strict.judge(call("GET", "/"))
    assert caught.value.retry_after_s == 1
    strict.judge(call(authorization=f"Bearer {KEY}"))
    strict.judge(call("GET", "/readyz"))
    strict.judge(dataclasses.replace(call("GET", "/"), peer="192.0.2.8"))


def test_tokens_and_servers_without_keys_are_counted_too() -> None:
    """Only the key itself is not."""
    for strict, one in (
        (rules(burst=2), call(authorization=f"Bearer {TOKEN}")),
        (rules((), burst=2), call()),
    ):
        for _ in range(2):
            strict.judge(one)
        with pytest.raises(TooMany):
            strict.judge(one)


def test_metrics_are_for_the_key_or_for_named_addresses() -> None:
    """By the address a known proxy tells; without keys for everyone."""
    scraped = rules(scrapers=("198.51.100.0/24",), proxies=("192.0.2.7",))
    with pytest.raises(Unauthorized):
        scraped.judge(call("GET", "/metrics"))
    scraped.judge(call("GET", "/metrics", x_forwarded_for="198.51.100.9"))
    rules().judge(call("GET", "/metrics", authorization=f"Bearer {KEY}"))
    rules(()).judge(call("GET", "/metrics"))


HEADERS = st.dictionaries(
    st.sampled_from(["host", "origin", "authorization", "x-forwarded-for"]),
    st.text() | st.sampled_from(["Bearer ", "bearer v1..", "http://[", "[::1", f"Bearer {KEY}x"]),
)


@given(st.text(), st.text(), HEADERS, st.text(), st.text())
def test_whatever_comes_is_judged(
    method: str, path: str, headers: dict[str, str], peer: str, token: str
) -> None:
    """Let in or refused, never a crash; nobody without the key is trusted."""
    for judge in (rules(), rules((), host="127.0.0.1", proxies=("0.0.0.0/0",))):
        try:
            who = judge.judge(Call(method, path, peer, headers, token))
        except AccessError:
            continue
        assert not who.trusted
