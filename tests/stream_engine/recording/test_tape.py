import numpy as np
import pytest

from stream_engine.errors import RecordingError
from stream_engine.motion.emotion import Manner
from stream_engine.recording.content import (
    EVENT,
    HEAD,
    SENT,
    SOUND,
    WINDOW,
    End,
    Event,
    unpack_json,
    unpack_sent,
    unpack_window,
)
from tests.fakes.recording import records_of
from tests.fakes.stages import FakeStages
from tests.stream_engine.recording.test_replay import FRAME, Studio


def test_control_events_stand_at_their_sample_and_before_the_window_that_saw_them() -> None:
    """A wish is told when it came, a manner where the model first saw it, a cut by frames."""
    studio = Studio(FakeStages())
    lane, tape = studio.join()
    studio.speak(lane, np.full(10 * FRAME + 100, 0.1, np.float32))
    studio.engine.run_once()
    lane.express("happy", 0.5, None)
    studio.speak(lane, np.full(2 * FRAME, 0.1, np.float32))
    studio.engine.run_once()
    lane.cut(9, 0.0)
    found = records_of(studio.leave(lane, tape))
    events = [unpack_json(Event, record.payload) for record in found if record.kind == EVENT]
    manner = {
        "emotion": "happy", "intensity": 0.5, "style": 1.0, "passing": None, "passed": 0,
    }  # fmt: skip
    assert events == [
        Event("express", 10 * FRAME + 100, manner),
        Event("manner", 12 * FRAME + 100, manner),
        Event("cut", 12 * FRAME + 100, {"first": 9, "resume": 12, "face": 8}),
    ]
    kinds = [record.kind for record in found]
    at = [n for n, record in enumerate(found) if record.kind == EVENT][1]
    before = [unpack_window(found[n].payload) for n in range(at) if kinds[n] == WINDOW]
    assert [window.frame for window in before] == list(range(10))
    sent = [unpack_sent(record.payload).runs for record in found if record.kind == SENT]
    assert sent == [((0, 10),), ((9, 3),)]


def test_an_overrun_says_where_it_went_on() -> None:
    """Speech left out is a restart that was no cut."""
    studio = Studio(FakeStages())
    lane, tape = studio.join(patience=12)
    studio.speak(lane, np.full(20 * FRAME, 0.1, np.float32))
    studio.engine.run_once()
    found = records_of(studio.leave(lane, tape))
    events = [unpack_json(Event, record.payload) for record in found if record.kind == EVENT]
    assert events == [Event("restart", 20 * FRAME, {"frame": 19, "skipped": True})]


def test_a_tape_takes_everything_or_is_over() -> None:
    """What is not taken ends it, once; nothing that comes later is written."""
    studio = Studio(FakeStages())
    studio.desk.room = 4
    lane, tape = studio.join()
    studio.speak(lane, np.full(5 * FRAME, 0.1, np.float32))  # more than four
    studio.desk.room = 100
    studio.engine.run_once()
    lane.express("sad", None, None)
    assert studio.desk.causes == ["queue"]
    assert tape.end == End(cut=True, cause="queue")
    kinds = [record.kind for record in records_of(studio.leave(lane, tape))]
    assert kinds[:2] == [HEAD, SOUND]
    assert len(kinds) == 3
    assert lane.tally.count("motion_frames_total") == 3  # the session knows nothing of it


def test_a_session_that_is_long_enough_is_cut_for_that() -> None:
    """After so much speech, and counted for it."""
    studio = Studio(FakeStages())
    lane, tape = studio.join()
    tape._longest = 3 * FRAME
    studio.speak(lane, np.zeros(10 * FRAME, np.float32))
    assert studio.desk.causes == ["limit"]
    assert studio.verdict(studio.leave(lane, tape)).samples == 3 * FRAME + 160


def test_whoever_watches_a_session_may_write_of_it() -> None:
    """A name and a JSON object; a replay counts it and goes on."""
    studio = Studio(FakeStages())
    lane, tape = studio.join(manner=Manner("sad"))
    studio.speak(lane, np.zeros(5 * FRAME, np.float32))
    studio.engine.run_once()
    tape.note("sync", {"score": 0.41, "lag_ms": -20})
    data = studio.leave(lane, tape)
    verdict = studio.verdict(data)
    assert verdict.bit_exact
    assert verdict.events == {"sync": 1}
    event = unpack_json(Event, next(r for r in records_of(data) if r.kind == EVENT).payload)
    assert event == Event("sync", 5 * FRAME, {"score": 0.41, "lag_ms": -20})


def test_an_event_that_cannot_be_written_is_refused_where_it_is_made() -> None:
    """No JSON, too long, or a name that a replay would act on; the recording goes on."""
    _, tape = Studio(FakeStages()).join()
    for name, data in (
        ("sync", {"score": float("nan")}),
        ("sync", {"score": object()}),
        ("sync", {"text": "a" * 70_000}),
        ("cut", {}),
    ):
        with pytest.raises(RecordingError, match="an event that"):
            tape.note(name, data)
    assert tape.end is None
