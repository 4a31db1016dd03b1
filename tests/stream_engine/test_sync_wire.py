"""What clients are told of sync: plain JSON through both doors."""

import json

from stream_engine.realtime_wire import as_text, read_answer
from stream_engine.sync_wire import FaceSync, FaceSyncAction
from stream_engine.wire import encode

FOUND = FaceSync(19200, 0.93, -12.5, 0.8, 1.6, [3, 3, 7], [3, 4, 7], align_ms=120)
DONE = FaceSyncAction("realign", True, "the mouth is 120 ms late", 120, False, False)


def test_assistants_read_what_was_written() -> None:
    """Field by field, by type."""
    assert read_answer(as_text(FOUND)) == FOUND
    assert read_answer(as_text(DONE)) == DONE


def test_browsers_get_the_same_text() -> None:
    """With nothing to judge as null."""
    nothing = FaceSync(0, None, None, 0.0, 0.0, [], [])
    assert json.loads(encode(nothing)) == json.loads(as_text(nothing))
    assert json.loads(encode(nothing))["score"] is None
    assert json.loads(encode(DONE))["type"] == "face.sync.action"
