from hypothesis import given
from hypothesis import strategies as st

from stream_engine.replica.session_name import REPLICA, full_name, gone, split_name

TOKENS = st.text("abcXYZ019_-", min_size=1)


@given(st.from_regex(REPLICA, fullmatch=True), TOKENS)
def test_a_name_comes_apart_as_it_was_put_together(replica: str, token: str) -> None:
    """Replica and token."""
    assert split_name(full_name(replica, token)) == (replica, token)


def test_a_server_without_a_name_has_sessions_without_one() -> None:
    """The token alone."""
    assert full_name("", "a_b-c") == "a_b-c"
    assert split_name("a_b-c") == ("", "a_b-c")


def test_a_lost_session_is_told_with_a_way_on() -> None:
    """Which replica, and what to do."""
    error = gone("east-3")
    assert "east-3" in error.got
    assert "new session" in error.fix
