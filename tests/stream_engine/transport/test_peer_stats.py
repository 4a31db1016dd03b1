"""Statistics for a client."""

from stream_engine.config import EngineConfig
from stream_engine.household import Household
from stream_engine.transport.peer_stats import SHOWN_COUNTS, stats_of
from tests.fakes.clock import ManualClock
from tests.fakes.stages import FakeStages


def test_a_session_is_told_its_own_counts_and_the_servers_batches() -> None:
    """Medians in milliseconds; what was never measured is left out."""
    house = Household(FakeStages(), EngineConfig(), ManualClock())
    session = house.open(house.make_parts("ultra", ""), print, print)
    session.tally.add("video_frames_total", 3)
    session.tally.observe("render_seconds", 0.0125)
    house.tally.observe("engine_step_seconds", 0.002)
    stats = stats_of(session, house.tally, {"face": 7})
    assert stats.latency_ms == {"engine": 2.0, "render": 12.5}
    assert set(stats.counts) == set(SHOWN_COUNTS)
    assert stats.counts["video_frames_total"] == 3
    assert stats.delay_ms == 120.0
