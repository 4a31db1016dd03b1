import numpy as np
import pytest

from stream_engine.config import EngineConfig
from stream_engine.household import Household
from stream_engine.monitor.remedies import SyncQuality
from stream_engine.motion.arkit import INDEX
from stream_engine.motion.handover import NEUTRAL_FRAMES
from stream_engine.protocols import Renderer
from stream_engine.session import RELEASE_MARGIN, Session
from stream_engine.types import (
    SAMPLES_PER_FRAME,
    TICKS_PER_FRAME,
    TICKS_PER_SECOND,
    MotionFrames,
)
from tests.fakes.clock import ManualClock
from tests.fakes.stages import DrawnFace, FakeStages

PACKET = 960


class Bench:
    """A session on a clock and threads that are worked by hand."""

    def __init__(self, profile: str = "balanced") -> None:
        self.clock = ManualClock(50.0)
        self.house = Household(FakeStages(), EngineConfig(), self.clock)
        self.motion: list[MotionFrames] = []
        parts = self.house.make_parts(profile, "default")
        self.session: Session = self.house.open(parts, self.motion.append, self.fail)
        self.face: dict[str, Renderer] = {"default": DrawnFace(64)}
        self.pts = 0
        self.frame = 0

    def fail(self, error: Exception) -> None:
        raise error

    def work(self) -> None:
        self.house.engine.engines[0].run_once()
        self.house.render.draw_due(self.face)

    def live(self, seconds: float, level: float = 0.0, speak: bool = True) -> list[int]:
        """Let time pass: a packet every 20 ms; media times of the pictures, taken when due."""
        taken = []
        for step in range(round(seconds * 200)):
            self.clock.advance(0.005)
            if speak and step % 4 == 3:
                self.session.push_audio(self.pts, np.full(PACKET, level, np.float32))
                self.pts += PACKET
            self.session.voice(0, 1)
            self.work()
            if self.session.due(self.frame * TICKS_PER_FRAME) <= self.clock.now():
                picture = self.session.picture(self.frame * TICKS_PER_FRAME)
                assert picture is not None
                taken.append(picture.frame.pts)
                self.frame += 1
        return taken


@pytest.mark.parametrize(
    ("profile", "latency_ms"), [("ultra", 80), ("balanced", 120), ("quality", 320)]
)
def test_the_delay_is_the_models_latency_and_a_margin(profile: str, latency_ms: int) -> None:
    """Nothing else adds to it."""
    session = Bench(profile).session
    assert session.delay == latency_ms * TICKS_PER_SECOND // 1000 + RELEASE_MARGIN


@pytest.mark.parametrize("profile", ["ultra", "balanced", "quality"])
def test_every_frame_is_drawn_in_time_for_its_release(profile: str) -> None:
    """With quick stages the picture released at ``due(f)`` is frame f, each once."""
    bench = Bench(profile)
    taken = bench.live(3.0, 0.05)
    wanted = [pts for pts in taken if pts >= 0]
    assert wanted == [k * TICKS_PER_FRAME for k in range(len(wanted))]
    assert len(wanted) > 50
    counts = bench.session.tally.counts()
    assert counts["video_repeated_total"] <= 1
    assert counts["motion_dropped_total"] == 0
    assert counts["frames_overwritten_total"] <= 1  # the face at rest, before the first


def test_a_face_nobody_looks_at_is_not_drawn_and_comes_back_without_an_old_picture() -> None:
    """No picture in between, voice and motion go on; the first picture again is a new one."""
    bench = Bench()
    before = bench.live(1.0, 0.05)
    bench.house.render.show(bench.session.seat, False)
    drawn = bench.session.tally.count("frames_rendered_total")
    motion = len(bench.motion)
    for _ in range(2):
        assert bench.session.picture(bench.frame * TICKS_PER_FRAME) is None
    away = bench.frame
    for _ in range(50):
        bench.clock.advance(0.02)
        bench.session.push_audio(bench.pts, np.full(PACKET, 0.05, np.float32))
        bench.pts += PACKET
        bench.work()
    assert bench.session.tally.count("frames_rendered_total") == drawn
    assert len(bench.motion) > motion
    bench.house.render.show(bench.session.seat, True)
    assert bench.session.picture(away * TICKS_PER_FRAME) is None
    bench.work()
    while bench.session.due(bench.frame * TICKS_PER_FRAME) <= bench.clock.now():
        bench.frame += 1
    after = bench.live(1.0, 0.05)
    assert after[0] >= before[-1] + 20 * TICKS_PER_FRAME
    assert after == [after[0] + k * TICKS_PER_FRAME for k in range(len(after))]


def test_asking_twice_for_pictures_is_asking_once() -> None:
    """One place before the painter; none after the end."""
    bench = Bench()
    for video in (True, True, False, False, True, True):
        bench.house.render.show(bench.session.seat, video)
        assert len(bench.house.render._seats) == video
    bench.session.close()
    assert bench.house.render._seats == ()


def test_the_voice_leaves_as_it_came_at_its_time() -> None:
    """Sample s is given for media time s; nothing is missing when it is due."""
    bench = Bench()
    rng = np.random.default_rng(1)
    spoken = rng.uniform(-0.5, 0.5, 50 * PACKET).astype(np.float32)
    for k in range(50):
        bench.clock.advance(0.02)
        bench.session.push_audio(7 + k * PACKET, spoken[k * PACKET : (k + 1) * PACKET])
        bench.work()
    due = [k for k in range(50) if bench.session.due(k * PACKET) <= bench.clock.now()]
    assert len(due) > 35
    for k in due:
        got = bench.session.voice(k * PACKET, PACKET)
        np.testing.assert_array_equal(got, spoken[k * PACKET : (k + 1) * PACKET])
    assert bench.session.tally.count("audio_underrun_samples_total") == 0


def test_silence_longer_than_the_ring_keeps_the_time() -> None:
    """A caller who says nothing for ten seconds: motion is numbered as if silence had come."""
    bench = Bench("ultra")
    bench.session.begin()
    bench.clock.advance(10.0)
    for k in range(25):
        bench.session.push_audio(k * PACKET, np.full(PACKET, 0.1, np.float32))
        bench.clock.advance(0.02)
        bench.work()
    last = bench.motion[-1]
    assert last.coefficients[-1, INDEX["jawOpen"]] == 1.0
    newest = last.start + len(last.coefficients)
    assert abs(newest * TICKS_PER_FRAME - bench.session.ring.end) < 4 * TICKS_PER_FRAME


def test_voice_that_has_not_come_is_silence_and_counted() -> None:
    """Asked too early."""
    bench = Bench()
    bench.session.push_audio(0, np.full(PACKET, 0.5, np.float32))
    got = bench.session.voice(PACKET // 2, PACKET)
    assert got[: PACKET // 2].min() == 0.5
    assert not got[PACKET // 2 :].any()
    assert bench.session.tally.count("audio_underrun_samples_total") == PACKET // 2


def test_a_microphone_that_delivers_nothing_does_not_stop_the_face() -> None:
    """Speech, then nothing at all: time and motion go on, and the mouth closes."""
    bench = Bench()
    bench.live(1.0, 0.1)
    jaw = INDEX["jawOpen"]
    assert bench.motion[-1].coefficients[-1, jaw] == 1.0
    taken = bench.live(2.0, speak=False)
    assert bench.motion[-1].coefficients[-1, jaw] == 0.0
    assert len(taken) >= 49
    assert taken[-1] - taken[0] > 1.5 * TICKS_PER_SECOND


def test_an_hour_of_silence_leaves_nothing_behind() -> None:
    """The ring stays at its size (a minute here; nothing depends on the length)."""
    bench = Bench()
    bench.live(60.0)
    assert bench.session.ring.capacity == 2 * TICKS_PER_SECOND
    starts = [m.start for m in bench.motion]
    assert starts == list(range(len(starts)))


def test_a_painter_that_cannot_keep_up_does_not_hold_the_engine_back() -> None:
    """It goes on with the newest frame that is due; the rest is counted."""
    bench = Bench()
    bench.live(1.0, 0.05)
    for k in range(100):  # two seconds without a painter
        bench.clock.advance(0.02)
        bench.session.push_audio(bench.pts + k * PACKET, np.zeros(PACKET, np.float32))
        bench.house.engine.engines[0].run_once()
    lane = bench.session.lane
    read = SAMPLES_PER_FRAME * int(lane.table.read[lane.row])
    behind = bench.session.ring.end - 3 * read
    assert behind < 2 * TICKS_PER_FRAME
    bench.work()
    assert bench.session.tally.count("frames_skipped_total") > 40
    assert bench.session.tally.count("audio_overwritten_samples_total") == 0


def test_a_closed_session_is_in_no_thread_any_more() -> None:
    """``close`` may be called again."""
    bench = Bench()
    bench.session.close()
    bench.session.close()
    assert bench.house.sessions == 0
    bench.house.engine.engines[0].run_once()
    assert bench.house.engine.sessions == 0
    assert bench.house.render._seats == ()
    assert bench.house.tally.count("sessions_closed_total") == 1


def test_a_microphone_that_a_bot_has_replaced_is_listened_to() -> None:
    """It is not spoken through; its level reaches the face ten times a second."""
    session = Bench().session
    session.prompted = True
    for packet in range(50):
        session.push_audio(packet * PACKET, np.full(PACKET, 0.05, np.float32))
    assert session.lane.told == 50 * PACKET // 4_800
    assert session.ring.end == 0


@pytest.mark.parametrize("align_ms", [0, -200])
def test_an_interrupt_stops_the_face_where_it_is(align_ms: int) -> None:
    """Also where the monitor lets it wait for its voice: what waits is not shown afterwards."""
    bench = Bench("ultra")
    bench.session.sync._remedies.quality = SyncQuality(align_ms)
    shown = bench.live(2.0, 0.3)[-1] // TICKS_PER_FRAME
    cut = bench.session.interrupt()
    assert shown < cut.first <= shown + 2
    shut = bench.session.due((cut.first + NEUTRAL_FRAMES - 1) * TICKS_PER_FRAME)
    assert cut.neutral_s == pytest.approx(shut - align_ms / 1000.0 - bench.clock.now())
