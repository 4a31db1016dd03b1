"""JSON into dataclasses: what does not fit is an error, whatever comes."""

import contextlib
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.errors import SignalingError
from stream_engine.json_fields import build, json_object


@dataclass(frozen=True)
class Inner:
    """Nested."""

    name: str


@dataclass(frozen=True)
class Outer:
    """One of each kind."""

    size: float
    inner: Inner
    tags: list[str]
    note: str | None = None


def test_fields_are_read_by_name_and_type() -> None:
    """Whole numbers will do for floats; what has a default may be left out."""
    made = build(Outer, {"size": 2, "inner": {"name": "a"}, "tags": ["x"], "other": 1})
    assert made == Outer(2, Inner("a"), ["x"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"size": "2"}, "size has the wrong type"),
        ({"size": True}, "size has the wrong type"),
        ({"inner": {"name": 3}}, "name has the wrong type"),
        ({"tags": [1]}, "tags has the wrong type"),
        ({"note": 4}, "note has the wrong type"),
    ],
)
def test_a_wrong_type_is_told(change: dict[str, object], said: str) -> None:
    """By the name of the field."""
    values = {"size": 2.0, "inner": {"name": "a"}, "tags": []} | change
    with pytest.raises(SignalingError, match=said):
        build(Outer, values)


@given(st.text(max_size=40))
def test_any_text_is_an_object_or_an_error(text: str) -> None:
    """Never anything else."""
    with contextlib.suppress(SignalingError):
        assert isinstance(json_object(text), dict)


def test_a_text_that_is_too_long_is_not_looked_at() -> None:
    """The limit is the caller's."""
    with pytest.raises(SignalingError, match=r"got 12 characters; expected at most 11"):
        json_object('{"a": 12345}', 11)
