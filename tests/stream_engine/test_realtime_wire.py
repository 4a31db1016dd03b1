"""Events of the assistants' door."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.errors import SignalingError
from stream_engine.realtime_wire import (
    AppendAudio,
    CancelResponse,
    FaceState,
    Manner,
    UpdateSession,
    as_text,
    event_id_of,
    read_event,
)


def test_events_are_read_by_their_type() -> None:
    """Clearing the buffer is cancelling; the manner is nested."""
    append = '{"type":"input_audio_buffer.append","audio":"AAA=","event_id":"e"}'
    assert read_event(append) == AppendAudio("AAA=", "e")
    for kind in ("response.cancel", "input_audio_buffer.clear"):
        assert read_event(json.dumps({"type": kind})) == CancelResponse()
    update = '{"type":"session.update","session":{"emotion":"sad","intensity":1}}'
    assert read_event(update) == UpdateSession(Manner("sad", 1))


@given(st.text(max_size=60) | st.dictionaries(st.text(max_size=8), st.integers()).map(json.dumps))
def test_anything_else_is_an_error(text: str) -> None:
    """And its event_id is found or empty, never a failure."""
    with pytest.raises(SignalingError):
        read_event(text)
    assert isinstance(event_id_of(text), str)


def test_answers_are_compact_json() -> None:
    """With their type."""
    assert as_text(FaceState("silent", 5)) == '{"state":"silent","pts":5,"type":"face.state"}'
