from pathlib import Path

import pytest

from stream_engine.config import EngineConfig, MotionConfig
from stream_engine.errors import Forbidden
from stream_engine.household import Household
from stream_engine.recording.content import EVENT, Event, unpack_json
from stream_engine.recording.recorder import Recorder
from stream_engine.recording.tape import Tape
from stream_engine.service_config import RecordingConfig
from stream_engine.telemetry.metrics import Tally
from tests.fakes.clock import ManualClock
from tests.fakes.recording import head_of, records_of
from tests.fakes.stages import FakeStages


def house(folder: Path | None, everyone: bool = False) -> Household:
    recording = RecordingConfig(str(folder) if folder else "", everyone, keep_free_mb=0)
    config = EngineConfig(motion=MotionConfig(seed=7, emotion="sad"), recording=recording)
    return Household(FakeStages(), config, ManualClock())


def ignore(_: object) -> None:
    pass


def test_nothing_is_recorded_unless_a_folder_is_set() -> None:
    """Nobody listens, no slot is wrapped, no thread runs; who asks is told."""
    stages = FakeStages()
    recorder = Recorder(EngineConfig(), stages, Tally(), ManualClock())
    assert recorder.stages is stages
    recorder.check(False)
    with pytest.raises(Forbidden, match=r"recording\.folder"):
        recorder.check(True)
    assert recorder.offer is None
    home = house(None)
    session = home.open(home.make_parts("ultra", ""), ignore, ignore)
    assert session.lane.observer is None
    with pytest.raises(Forbidden):
        home.make_parts("ultra", "", record=True)
    session.close()
    recorder.close()


def test_with_a_folder_only_who_asks_is_recorded(tmp_path: Path) -> None:
    """The head says with what the session is performed."""
    home = house(tmp_path)
    quiet = home.open(home.make_parts("ultra", ""), ignore, ignore)
    asked = home.open(home.make_parts("quality", "", record=True), ignore, ignore)
    assert quiet.lane.observer is None
    assert isinstance(asked.lane.observer, Tape)
    for session in (quiet, asked):
        home.recorder.note(session.lane, "sync", {"score": 0.5})
        session.close()
    home.recorder.close()
    assert home.recorder.offer == {"everyone": False, "longest_s": 3600.0}
    (path,) = tmp_path.iterdir()
    head = head_of(path.read_bytes())
    notes = [record for record in records_of(path.read_bytes()) if record.kind == EVENT]
    assert [unpack_json(Event, note.payload).name for note in notes] == ["sync"]
    assert path.name.endswith(f"Z-{asked.id}.elo")
    assert (head.session, head.profile, head.seed, head.emotion) == (asked.id, "quality", 7, "sad")
    assert (head.backend, head.precision, head.versions["model"]) == (
        "onnxruntime", "auto", "loudness",
    )  # fmt: skip


def test_everyone_is_recorded_where_the_settings_say_so(tmp_path: Path) -> None:
    """Nobody has to ask."""
    home = house(tmp_path, everyone=True)
    session = home.open(home.make_parts("ultra", ""), ignore, ignore)
    assert isinstance(session.lane.observer, Tape)
    session.close()
    home.recorder.close()
    assert len(list(tmp_path.iterdir())) == 1
