"""Manners and levels as messages, the same through every door."""

import json

import pytest

from stream_engine.errors import SignalingError
from stream_engine.manner_wire import Listen, Manner
from stream_engine.realtime_wire import UpdateSession, read_event
from stream_engine.wire import Express, decode_event, encode


def test_an_expression_may_bring_its_times() -> None:
    """Over the data channel and the plain WebSocket, and for assistants."""
    message = Express("happy", 0.8, onset_s=0.2, apex_s=1.0)
    assert decode_event(encode(message)) == message
    session = {"emotion": "happy", "onset_s": 0.2, "offset_s": 1}
    event = read_event(json.dumps({"type": "session.update", "session": session}))
    assert event == UpdateSession(Manner("happy", onset_s=0.2, offset_s=1))


def test_a_level_is_one_message_for_all_doors() -> None:
    """Short: it comes ten times a second."""
    text = '{"type":"listen","level_db":-32.5}'
    assert decode_event(text) == read_event(text) == Listen(-32.5)


@pytest.mark.parametrize("level", ['"loud"', "null", "true"])
def test_a_level_that_is_no_number_is_refused(level: str) -> None:
    """By name."""
    with pytest.raises(SignalingError, match=r"Listen.level_db has the wrong type"):
        decode_event('{"type":"listen","level_db":' + level + "}")
