"""Between a session and its watcher: what leaves is shown, what is found is acted upon and told."""

import logging

import numpy as np
import pytest

from stream_engine.audio.ring_buffer import RingBuffer
from stream_engine.batching.lane import Lane
from stream_engine.hand_off import TimedPicture
from stream_engine.monitor.remedies import Action, SyncQuality
from stream_engine.monitor.sync_table import SyncTable
from stream_engine.motion.emotion import Manner
from stream_engine.session_sync import FADE_TICKS, SessionSync
from stream_engine.sync_watch import Verdict, Watch
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import TICKS_PER_FRAME, MotionFrames, VideoFrame
from tests.fakes.clock import ManualClock


class OneLane:
    """The part of `Lane` that is used: frame f is a face of f hundredths."""

    manner, row, closed = Manner(), 3, False

    def __init__(self) -> None:
        self.worked: list[tuple[bool, bool]] = []

    def motion_of(self, frame: int) -> tuple[np.ndarray, float]:
        return np.full(55, frame / 100, np.float32), 0.0

    @property
    def slots(self) -> "OneLane":
        return self

    def work(self, slot: int, *, boosted: bool, fallback: bool) -> None:
        assert slot == self.row
        self.worked.append((boosted, fallback))


class Idle:
    """Engines with time to spare."""

    strained, level = False, 0


class Told:
    """Implements `SyncListener`."""

    def __init__(self) -> None:
        self.verdicts: list[Verdict] = []
        self.actions: list[Action] = []

    def watched(self, verdict: Verdict, quality: SyncQuality) -> None:
        self.verdicts.append(verdict)

    def remedied(self, action: Action) -> None:
        self.actions.append(action)


def verdict(frame: int = 10, score: float | None = 0.9, **found: object) -> Verdict:
    known: dict[str, object] = {
        "lag_ms": None if score is None else 0.0, "confidence": 0.9, "speech_s": 1.5,
        "shifted_ms": 0.0, "wrong": False, "fresh": 1.0, "utterance": None, "said": (), "seen": (),
    }  # fmt: skip
    return Verdict(frame=frame, score=score, **known | found)  # type: ignore[arg-type]


class Scene:
    def __init__(self) -> None:
        self.lane, self.clock, self.told = OneLane(), ManualClock(), Told()
        self.table = SyncTable(1)
        self.table.begin(0, 0)
        lane: Lane = self.lane  # type: ignore[assignment]
        self.sync = SessionSync(lane, self.clock, Tally(), "name", Idle())  # type: ignore[arg-type]
        self.sync.listeners.append(self.told)
        self.left: list[Watch] = []
        self.sync.watch = Watch(self.table, 0, self.sync.found, self.left.append)

    def picture(self, pts: int, shows: int) -> None:
        frame = VideoFrame(shows, np.zeros((2, 2, 3), np.uint8))
        self.sync.seen(pts, TimedPicture(frame, 0.0, 0.0))


def test_the_watcher_sees_what_leaves_not_what_was_meant_to() -> None:
    """A picture three frames old is seen with the voice it leaves with."""
    scene = Scene()
    scene.picture(20 * TICKS_PER_FRAME, 17 * TICKS_PER_FRAME)
    assert scene.table.motion[0, 20, 0] == np.float32(0.17)
    assert scene.table.number[0, 20] == 20


def test_motion_sent_as_numbers_is_seen_where_no_pictures_are() -> None:
    """Pictures come first; without them for a while, numbers count."""
    scene = Scene()
    scene.picture(20 * TICKS_PER_FRAME, 20 * TICKS_PER_FRAME)
    scene.sync.delivered(MotionFrames(24, np.full((1, 55), 0.9, np.float32)))
    scene.sync.delivered(MotionFrames(33, np.full((1, 55), 0.8, np.float32)))
    assert scene.table.number[0, 24] < 0
    assert scene.table.number[0, 33] == 33


def test_a_lag_makes_the_voice_wait_without_a_jump() -> None:
    """The delay changes over ten milliseconds; every later read is from where it was heard."""
    scene, ring = Scene(), RingBuffer(96_000)
    ring.append(np.linspace(0.0, 1.0, 48_000, dtype=np.float32))
    before = scene.sync.voice(ring, 20_000, 960)
    scene.sync.found(verdict(score=0.1, shifted_ms=100.0, lag_ms=100.0))
    assert scene.sync.voice_ticks == 4800
    assert scene.sync.face_s == 0.0
    turn = scene.sync.voice(ring, 20_960, 960)
    after = scene.sync.voice(ring, 21_920, 960)
    np.testing.assert_allclose(after[0], (21_920 - 4800) / 47_999, atol=1e-4)
    joined = np.concatenate([before, turn, after])
    assert np.abs(np.diff(joined)).max() < 0.11 / FADE_TICKS * 2
    assert scene.lane.worked == [(False, False)]
    assert scene.sync.watch.forgiven


def test_all_who_watch_hear_the_same_where_the_voice_begins_to_wait() -> None:
    """The second of two has no jump where the first has a fade, nor has one who is late."""
    scene, ring = Scene(), RingBuffer(96_000)
    ring.append(np.linspace(0.0, 1.0, 48_000, dtype=np.float32))
    earlier = scene.sync.voice(ring, 19_040, 960)
    scene.sync.found(verdict(score=0.1, shifted_ms=100.0, lag_ms=100.0))
    first = scene.sync.voice(ring, 20_000, 960)
    assert first[0] == pytest.approx(20_000 / 47_999)
    np.testing.assert_array_equal(scene.sync.voice(ring, 20_000, 960), first)
    np.testing.assert_array_equal(scene.sync.voice(ring, 19_040, 960), earlier)


def test_what_was_heard_before_something_was_done_counts_no_more() -> None:
    """However late it is heard: findings of what left before are not acted upon again."""
    scene, ring = Scene(), RingBuffer(96_000)
    ring.append(np.zeros(96_000, np.float32))
    scene.sync.voice(ring, 48_000, 960)
    scene.sync.found(verdict(frame=20, score=0.1, shifted_ms=100.0, lag_ms=100.0))
    for frame in (24, 30, 35):  # before 1.02 s of media time and what settles after it
        scene.sync.found(verdict(frame=frame, score=0.1, shifted_ms=100.0, lag_ms=100.0))
    assert len(scene.told.actions) == 1
    scene.table.begin(0, 0)
    scene.sync.found(verdict(frame=40, score=0.1, shifted_ms=100.0, lag_ms=100.0))
    assert len(scene.told.actions) == 1  # the evidence begins anew here
    scene.sync.found(verdict(frame=50, score=0.1, shifted_ms=60.0, lag_ms=60.0))
    assert [action.quality.align_ms for action in scene.told.actions] == [100, 160]


def test_the_same_picture_again_is_no_other_face() -> None:
    """It is seen longer, and said to be no fresh one."""
    scene = Scene()
    for at in (3, 4, 5):
        scene.picture(at * TICKS_PER_FRAME, 3 * TICKS_PER_FRAME)
    assert (scene.table.number[0, 3:6] >= 0).tolist() == [True, False, False]


def test_an_early_mouth_is_held_back_while_pictures_are_sent() -> None:
    """And not where the client draws: somebody is told instead."""
    scene = Scene()
    scene.picture(8 * TICKS_PER_FRAME, 8 * TICKS_PER_FRAME)
    scene.sync.found(verdict(score=0.1, shifted_ms=-80.0, lag_ms=-80.0))
    assert scene.sync.face_s == pytest.approx(0.08)
    other = Scene()
    other.sync.found(verdict(score=0.1, shifted_ms=-80.0, lag_ms=-80.0))
    assert other.sync.face_s == 0.0
    assert other.told.actions[0].kind == "alert"


def test_stamped_deltas_wait_until_they_cannot_be_taken_back() -> None:
    """Sound and motion of the same time are watched together; realigning is not for them."""
    scene, ring = Scene(), RingBuffer(96_000)
    ring.append(np.full(20 * TICKS_PER_FRAME, 0.5, np.float32))
    frames = MotionFrames(0, np.full((16, 55), 0.3, np.float32))
    scene.sync.delivered(frames)
    scene.sync.stamped(frames, ring)
    assert scene.table.end[0] == 16
    assert scene.table.due().tolist() == [0]
    assert scene.table.ahead[0] == 5
    scene.sync.found(verdict(score=0.1, shifted_ms=100.0, lag_ms=100.0))
    assert scene.sync.voice_ticks == 0


def test_a_face_that_says_something_else_gets_the_plain_mouth() -> None:
    """Told to the engine, logged, counted; with acting switched off, only told."""
    scene = Scene()
    scene.sync.found(verdict(score=0.0, wrong=True))
    assert scene.lane.worked == [(False, True)]
    assert [action.kind for action in scene.told.actions] == ["viseme", "alert"]
    assert scene.sync.tally.count('sync_actions_total{kind="viseme"}') == 1
    quiet = Scene()
    quiet.sync.acts = False
    quiet.sync.found(verdict(score=0.0, wrong=True))
    assert quiet.lane.worked == []
    assert len(quiet.told.verdicts) == 1


def test_two_things_that_are_done_at_once_leave_what_is_wanted_in_the_end() -> None:
    """The model's mouth is tried again in the very hop in which the voice is made to wait."""
    scene = Scene()
    scene.sync.found(verdict(10, score=0.1, wrong=True))
    scene.sync.found(verdict(30, score=0.5))  # what was heard before is forgiven
    scene.sync.found(verdict(300, score=0.1, shifted_ms=100.0, lag_ms=100.0))
    assert scene.sync.quality == SyncQuality(align_ms=100)
    assert scene.lane.worked[-1] == (False, False)
    assert scene.told.actions[-1].quality == scene.sync.quality


def test_a_call_is_summed_up_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    """Seconds judged, score, lag, what was done; nothing where nothing was said."""
    scene = Scene()
    assert scene.sync.summary() is None
    for score in (0.9, 0.95, 0.2, None):
        scene.sync.found(verdict(score=score, lag_ms=None if score is None else 12.0))
    summary = scene.sync.summary()
    assert summary is not None
    assert summary.judged_s == pytest.approx(1.2)
    assert summary.score == 0.9
    assert summary.in_sync == pytest.approx(0.667, abs=1e-3)
    with caplog.at_level(logging.INFO):
        scene.sync.close()
        scene.sync.close()
    assert len(scene.left) == 1
    assert "67 % in sync, lag 12 ms, actions none" in caplog.text


def test_without_a_watcher_nothing_is_shown_to_anybody() -> None:
    """A session that is not watched goes its way."""
    scene, ring = Scene(), RingBuffer(9600)
    scene.sync.watch = None
    scene.picture(0, 0)
    assert scene.sync.voice(ring, 0, 960).shape == (960,)
    scene.sync.delivered(MotionFrames(0, np.zeros((1, 55), np.float32)))
    scene.sync.stamped(MotionFrames(0, np.zeros((1, 55), np.float32)), ring)
    scene.sync.close()
    assert not scene.table.end.any()
    assert scene.table.number.max() < 0
