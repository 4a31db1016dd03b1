"""Text over the assistants' door."""

import pytest

from stream_engine.errors import SignalingError
from stream_engine.realtime_wire import read_event
from stream_engine.text_wire import AppendText, CommitText


def test_text_is_appended_and_committed_as_speech_is() -> None:
    """By events of the same style, with an id or without."""
    text = '{"type":"input_text_buffer.append","text":"Hello.","event_id":"e"}'
    assert read_event(text) == AppendText("Hello.", "e")
    assert read_event('{"type":"input_text_buffer.commit"}') == CommitText()
    for wrong in ("{}", '{"text":3}', '{"text":null}'):
        with pytest.raises(SignalingError, match="text"):
            read_event(wrong.replace("{", '{"type":"input_text_buffer.append",').replace(",}", "}"))
