"""Sessions before the watcher: findings reach the loop, the recording and the gauges."""

from stream_engine.config import EngineConfig
from stream_engine.household import Household
from stream_engine.monitor.sync_scorer import SyncScorer
from stream_engine.sync_watch import Verdict
from tests.fakes.clock import ManualClock
from tests.fakes.stages import FakeStages
from tests.fakes.streaming_ears import FAKE_CALIBRATION, fake_ears


class WithEars(FakeStages):
    """Stages whose faces are watched."""

    def sync_scorer(self, capacity: int) -> SyncScorer:  # type: ignore[override]
        return SyncScorer(fake_ears(), FAKE_CALIBRATION, capacity)


def house_of(stages: FakeStages) -> Household:
    return Household(stages, EngineConfig(), ManualClock())


def test_every_session_has_its_own_place_and_leaves_it() -> None:
    """Two sessions, two rows; a closed one's is free."""
    house = house_of(WithEars())
    parts = house.make_parts("balanced", "")
    first, second = (house.open(parts, lambda frames: None, lambda error: None) for _ in range(2))
    assert first.sync.watch is not None
    assert second.sync.watch is not None
    assert first.sync.watch.row != second.sync.watch.row
    row = first.sync.watch.row
    first.close()
    third = house.open(parts, lambda frames: None, lambda error: None)
    assert third.sync.watch is not None
    assert third.sync.watch.row == row


def test_gauges_are_of_those_who_were_judged() -> None:
    """Median and worst; none while nobody was."""
    house = house_of(WithEars())
    parts = house.make_parts("balanced", "")
    sessions = [house.open(parts, lambda frames: None, lambda error: None) for _ in range(3)]
    assert house.sync.gauges(sessions) == {}
    for session, score in zip(sessions, (0.9, None, 0.3), strict=True):
        lag = None if score is None else 10.0
        session.sync.found(Verdict(9, score, lag, 0.9, 1.5, 0.0, False, 1.0, None, (), ()))
    gauges = house.sync.gauges(sessions)
    assert gauges == {"sync_score": 0.6, "sync_lowest_score": 0.3, "sync_lag_ms": 10.0}


def test_without_ears_nobody_is_watched() -> None:
    """Sessions go their way."""
    house = house_of(FakeStages())
    session = house.open(house.make_parts("balanced", ""), lambda frames: None, lambda error: None)
    assert session.sync.watch is None
    assert house.sync.gauges([session]) == {}
    house.sync.start()
    house.sync.stop()
