"""Errors of a server, made again."""

import pytest

from clients.python.faults import error_of
from stream_engine import errors
from stream_engine.errors import StreamEngineError, TransportError
from stream_engine.wire import Problem, failure_of

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, StreamEngineError)
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_crosses_the_wire(kind: type[StreamEngineError]) -> None:
    """Kind, what, got, expected, fix."""
    raised = kind("what", got="got", expected="expected", fix="fix")
    again = error_of(failure_of(raised).error)
    assert type(again) is kind
    assert str(again) == str(raised)


@pytest.mark.parametrize("name", ["InternalError", "F", "annotations", "NewerError", "__doc__"])
def test_a_kind_nobody_knows_is_a_transport_error(name: str) -> None:
    """What stands in it is kept."""
    error = error_of(Problem(name, "the server failed", fix="see its log"))
    assert type(error) is TransportError
    assert "see its log" in str(error)
