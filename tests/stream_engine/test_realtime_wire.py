"""Events of the assistants' door."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.errors import SignalingError
from stream_engine.realtime_wire import (
    Answer,
    AppendAudio,
    CancelResponse,
    CutAnswer,
    Described,
    FaceState,
    Manner,
    RealtimeError,
    ResponseDone,
    SessionCreated,
    UpdateSession,
    as_text,
    event_id_of,
    read_answer,
    read_event,
)
from stream_engine.wire import Problem


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


@pytest.mark.parametrize(
    "answer",
    [
        SessionCreated(Described("s", "ultra", 24_000, 25, 80, 120, "json", ["jawOpen"])),
        CutAnswer("response.paused", None, 5, 1, 4, 97.5, 12.042, 0.0),
        ResponseDone("utterance_1", "completed", 500.0),
        RealtimeError(Problem("ConfigError", "unknown"), "mine"),
        FaceState("silent", 5),
    ],
)
def test_what_the_server_says_is_read_as_it_was_said(answer: Answer) -> None:
    """Nested or not."""
    assert read_answer(as_text(answer)) == answer


def test_answers_of_a_newer_server_are_passed_over() -> None:
    """A known one that lacks something is an error."""
    assert read_answer('{"type":"response.smell.delta"}') is None
    assert read_answer("{}") is None
    with pytest.raises(SignalingError, match="lacks"):
        read_answer('{"type":"face.state"}')
