"""Tokens: laws of signing."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.errors import Unauthorized
from stream_engine.gate.tokens import Grant, check, sign

KEY, OTHER = "k" * 32, "o" * 32
GRANTS = st.builds(
    Grant,
    profile=st.sampled_from(["", "ultra", "balanced"]),
    longest_s=st.floats(0, 1e6),
    expires_s=st.floats(1.0, 1e12),
)


@given(GRANTS)
def test_what_was_signed_is_read_back_until_it_expires(grant: Grant) -> None:
    """Whatever it allows; at the very moment it is over."""
    token = sign(KEY, grant)
    assert check([KEY], token, grant.expires_s * 0.999) == grant
    assert check([OTHER, KEY], token, 0.0) == grant
    with pytest.raises(Unauthorized, match="expired"):
        check([KEY], token, grant.expires_s)


@given(GRANTS, st.data())
def test_a_token_changed_anywhere_holds_no_more(grant: Grant, data: st.DataObject) -> None:
    """Any character for any other; also those that base64 would read as the same bytes."""
    token = sign(KEY, grant)
    at = data.draw(st.integers(0, len(token) - 1))
    letters = st.characters(codec="latin-1") | st.sampled_from("ABCDwxyz0189-_.=")
    put = data.draw(letters.filter(lambda letter: letter != token[at]))
    with pytest.raises(Unauthorized, match="none of this server's"):
        check([KEY], token[:at] + put + token[at + 1 :], 0.0)


@given(GRANTS, st.text(max_size=30))
def test_a_token_of_another_key_is_refused(grant: Grant, more: str) -> None:
    """And one that is cut or longer."""
    token = sign(KEY, grant)
    with pytest.raises(Unauthorized):
        check([OTHER], token, 0.0)
    with pytest.raises(Unauthorized):
        check([KEY], token[:-1], 0.0)
    if more:
        with pytest.raises(Unauthorized):
            check([KEY], token + more, 0.0)


@given(st.text() | st.text(".AZaz09-_", max_size=2000) | st.builds("v1.{}".format, st.text()))
def test_anything_else_is_refused_without_a_crash(text: str) -> None:
    """Whatever the characters."""
    with pytest.raises(Unauthorized):
        check([KEY], text, 0.0)


def test_a_token_fits_a_url_and_a_header_and_hides_the_key() -> None:
    """Letters that nothing escapes; the key is not in it."""
    token = sign(KEY, Grant("balanced", 600.0, 1.8e9))
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert KEY not in token
    with pytest.raises(ValueError, match="JSON"):
        sign(KEY, Grant())  # one that never expires is none


def test_what_the_key_signed_for_another_purpose_is_no_token() -> None:
    """A MAC without the purpose in front, over the same text."""
    signed = sign(KEY, Grant(expires_s=2e9)).rpartition(".")[0]
    mac = hmac.new(KEY.encode(), signed.encode(), hashlib.sha256).digest()
    with pytest.raises(Unauthorized):
        check([KEY], f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}", 0.0)
