"""The watcher: verdicts to whom they belong, lossy, on a budget, never dying."""

from dataclasses import replace

import numpy as np
import pytest

from stream_engine import sync_watch
from stream_engine.errors import CapacityError
from stream_engine.monitor.sync_score import HOP_FRAMES
from stream_engine.monitor.sync_scorer import SyncScorer
from stream_engine.monitor.sync_table import CELLS
from stream_engine.service_config import MonitorConfig
from stream_engine.sync_watch import SyncWatch, Verdict, Watch, open_watch
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import TICKS_PER_FRAME
from tests.fakes.clock import ManualClock
from tests.fakes.stages import FakeStages
from tests.fakes.streaming_ears import FAKE_CALIBRATION, fake_ears


def watcher(capacity: int = 2, tally: Tally | None = None) -> SyncWatch:
    scorer = SyncScorer(fake_ears(), FAKE_CALIBRATION, capacity)
    return SyncWatch(scorer, capacity, 0.25, ManualClock(), tally or Tally())


def feed(watch: Watch, first: int, frames: int, face: bool = True) -> None:
    for frame in range(first, first + frames):
        watch.voice(frame * TICKS_PER_FRAME, np.full(TICKS_PER_FRAME, 0.1, np.float32))
        if face:
            watch.face(frame, np.full(55, 0.2, np.float32))


def test_each_session_is_told_of_its_own_face() -> None:
    """Every hop once, with the frame it ends at; who has left is told nothing."""
    told: dict[str, list[Verdict]] = {"a": [], "b": []}
    watching = watcher()
    a, b = (watching.add(told[name].append) for name in "ab")
    feed(a, 0, 2 * HOP_FRAMES)
    feed(b, 0, HOP_FRAMES)
    watching.run_once()
    watching.run_once()
    assert [v.frame for v in told["a"]] == [HOP_FRAMES, 2 * HOP_FRAMES]
    assert [v.frame for v in told["b"]] == [HOP_FRAMES]
    a.close()
    a.close()
    feed(a, 2 * HOP_FRAMES, HOP_FRAMES)
    feed(b, HOP_FRAMES, HOP_FRAMES)
    watching.run_once()
    assert len(told["a"]) == 2
    assert len(told["b"]) == 2
    assert told["b"][0].score is None or told["b"][0].speech_s >= 0.6


def test_a_place_is_free_again_and_holds_nothing_of_before() -> None:
    """Whoever comes next begins at nothing; a full watcher says so."""
    watching, told = watcher(1), []
    first = watching.add(lambda verdict: None)
    with pytest.raises(CapacityError, match="watcher is full"):
        watching.add(lambda verdict: None)
    feed(first, 0, HOP_FRAMES - 1)
    first.close()
    second = watching.add(told.append)
    watching.run_once()
    feed(second, 100, HOP_FRAMES)
    watching.run_once()
    assert [verdict.frame for verdict in told] == [100 + HOP_FRAMES]
    assert second.row == first.row


def test_what_it_cannot_watch_in_time_is_left_out_and_counted() -> None:
    """A watcher that slept for two seconds goes on with the newest hop."""
    tally, told = Tally(), []
    watching = watcher(tally=tally)
    watch = watching.add(told.append)
    feed(watch, 0, CELLS)
    watching.run_once()
    assert [verdict.frame for verdict in told] == [CELLS]
    assert tally.count("sync_skipped_frames_total") == CELLS - HOP_FRAMES
    assert tally.count("sync_hops_total") == 1


def test_a_session_without_a_face_is_not_judged() -> None:
    """Its voice alone says nothing."""
    watching, told = watcher(), []
    feed(watching.add(told.append), 0, HOP_FRAMES, face=False)
    watching.run_once()
    assert told == []


def test_the_thread_survives_a_scorer_that_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each failure is counted, one a minute logged; it stops when told to, and frees the ears."""
    monkeypatch.setattr(sync_watch, "LOOK_S", 0.01)
    tally = Tally()
    watching = watcher(tally=tally)
    monkeypatch.setattr(watching._table, "due", None)
    watching.start()
    while tally.count("sync_failures_total") < 3:
        pass
    watching.stop()
    assert caplog.text.count("watching failed") == 1
    assert watching._scorer._ears._face.closed  # type: ignore[attr-defined]


def test_nobody_watches_where_settings_or_stages_have_no_ears() -> None:
    """None then; with ears, a watcher whose memory is stated."""
    clock, tally = ManualClock(), Tally()
    assert open_watch(FakeStages(), MonitorConfig(), 2, clock, tally) is None

    class WithEars(FakeStages):
        def sync_scorer(self, capacity: int) -> SyncScorer:  # type: ignore[override]
            return SyncScorer(fake_ears(), FAKE_CALIBRATION, capacity)

    off = replace(MonitorConfig(), enabled=False)
    assert open_watch(WithEars(), off, 2, clock, tally) is None
    watching = open_watch(WithEars(), MonitorConfig(), 2, clock, tally)
    assert watching is not None
    assert 100_000 < watching.row_bytes < 400_000
