"""Pushed speech is heard once, in order, at the pace of time; a pause loses nothing."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stream_engine.audio.speech_queue import Pcm
from stream_engine.config import EngineConfig
from stream_engine.errors import SpeechBufferFull
from stream_engine.household import Household
from stream_engine.monitor.remedies import SyncQuality
from stream_engine.prompter import (
    RESUMED,
    STARTED,
    STARVED,
    STOPPED,
    Cut,
    Happening,
    Prompter,
)
from stream_engine.session import FADE_TICKS
from stream_engine.types import TICKS_PER_SECOND, MotionFrames
from tests.fakes.clock import ManualClock
from tests.fakes.stages import FakeStages

PACKET = 480


class Theatre:
    """A session without pictures, a prompter, and an ear for the voice; time by hand."""

    def __init__(self, rate_hz: int = TICKS_PER_SECOND, align_ms: int = 0) -> None:
        self.clock = ManualClock(10.0)
        self.house = Household(FakeStages(), EngineConfig(), self.clock)
        self.motion: list[MotionFrames] = []
        parts = self.house.make_parts("ultra", "")
        self.session = self.house.open(parts, self.motion.append, self.fail)
        self.session.begin()
        self.session.sync._remedies.quality = SyncQuality(align_ms)
        self.told: list[Happening] = []
        self.prompter = Prompter(self.session, rate_hz, self.told.append)
        self.heard: list[np.ndarray] = []
        self.at, self.deaf_until, self.sent = 0, 0, 0

    def fail(self, error: Exception) -> None:
        raise error

    def speech(self, samples: int) -> Pcm:
        """So many samples, none of them 0, each other than its neighbours."""
        numbers = np.arange(self.sent, self.sent + samples)
        self.sent += samples
        return (numbers % 30_000 + 1).astype(np.int16)

    def live(self, hundredths: int) -> None:
        """Let so many times 10 ms pass; what fades out is not listened to."""
        for _ in range(hundredths):
            self.clock.advance(0.01)
            self.prompter.pump()
            self.house.engine.engines[0].run_once()
            while self.session.due(self.at) <= self.clock.now():
                sound = self.session.voice(self.at, PACKET)
                self.heard.append(sound[max(0, self.deaf_until - self.at) :])
                self.at += PACKET

    def ignore_fade(self, cut: Cut) -> None:
        """What fades out is heard again when the speaker goes on."""
        end = min(cut.at.pts + FADE_TICKS, self.session.ring.end + self.session.sync.voice_ticks)
        self.deaf_until = max(self.deaf_until, end)

    @property
    def said(self) -> np.ndarray:
        """What was heard but for silence, as PCM16."""
        pcm = (np.concatenate([np.zeros(0, np.float32), *self.heard]) * 32768.0).astype(np.int16)
        return pcm[pcm != 0]


STEPS = st.lists(
    st.tuples(st.sampled_from(["push", "live", "pause", "resume", "end"]), st.integers(1, 20)),
    max_size=15,
)


@settings(max_examples=40, deadline=None)
@given(STEPS, st.sampled_from([0, 150]))
@example([("push", 20), ("live", 20), ("live", 10), ("pause", 1), ("resume", 1)], 150)
def test_every_sample_is_heard_once_and_in_order(
    steps: list[tuple[str, int]], align_ms: int
) -> None:
    """However often the speaker is stopped and told to go on; also if the voice has to wait."""
    theatre = Theatre(align_ms=align_ms)
    prompter = theatre.prompter
    for step, size in steps:
        if step == "push":
            prompter.push(theatre.speech(size * 331))
        elif step == "live":
            theatre.live(size)
        elif step == "end":
            prompter.end()
        elif step == "resume":
            prompter.resume()
        else:
            theatre.ignore_fade(prompter.pause())
    prompter.resume()
    prompter.end()
    theatre.live(round(100 * prompter.waiting_s) + 80)
    np.testing.assert_array_equal(theatre.said, np.arange(theatre.sent) % 30_000 + 1)
    assert prompter.waiting_s == 0.0
    started = [h.utterance for h in theatre.told if h.what == STARTED]
    stopped = [h.utterance for h in theatre.told if h.what == STOPPED]
    assert started == stopped
    assert len(set(started)) == len(started)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 80), st.integers(0, 60), st.sampled_from([0, 150]))
def test_an_interrupt_forgets_all_and_says_what_was_heard(
    before: int, after: int, align_ms: int
) -> None:
    """Nothing waits, nothing comes later; the count of played samples is that of the voice."""
    theatre = Theatre(align_ms=align_ms)
    theatre.prompter.push(theatre.speech(48_000))
    theatre.live(before)
    cut = theatre.prompter.interrupt()
    theatre.ignore_fade(cut)
    theatre.live(after + 60)
    assert len(theatre.said) == cut.played
    assert cut.played + cut.dropped == 48_000
    assert theatre.prompter.waiting_s == 0.0
    assert [h.what for h in theatre.told] == [STARTED] * (cut.played > 0)
    theatre.prompter.push(theatre.speech(4_800))
    theatre.live(60)
    assert len(theatre.said) == cut.played + 4_800 - 4_800 % PACKET


def test_speech_that_stalls_is_bridged_and_told() -> None:
    """Started, starved, resumed, stopped, each when it leaves; time goes on meanwhile."""
    theatre = Theatre(24_000)
    first = theatre.prompter.push(theatre.speech(12_000))
    theatre.live(100)
    assert [h.what for h in theatre.told] == [STARTED, STARVED]
    assert theatre.session.tally.count("speech_starved_total") == 1
    assert theatre.prompter.push(theatre.speech(12_000)) == first
    assert theatre.prompter.end() == first
    assert theatre.prompter.end() is None
    theatre.live(100)
    assert [h.what for h in theatre.told] == [STARTED, STARVED, RESUMED, STOPPED]
    begun, dry, again, over = (h.pts for h in theatre.told)
    assert dry - begun == over - again == 24_000
    assert theatre.prompter.push(theatre.speech(240)) != first
    frames = sum(len(run.coefficients) for run in theatre.motion)
    assert frames == pytest.approx(2.0 * 25, abs=4)


def test_speech_faster_than_time_is_bounded() -> None:
    """More than may wait is refused, and nothing of it is said."""
    theatre = Theatre()
    prompter = Prompter(theatre.session, 48_000, theatre.told.append, most_s=1.0)
    prompter.push(np.ones(48_000, np.int16))
    with pytest.raises(SpeechBufferFull):
        prompter.push(np.ones(1, np.int16))
    assert prompter.waiting_s == 1.0


@pytest.mark.parametrize("moment", range(26, 36))
def test_an_interrupt_as_the_last_sample_leaves_tells_that_it_has(moment: int) -> None:
    """At any moment an utterance is either cut, or told to have stopped."""
    theatre = Theatre()
    theatre.prompter.push(theatre.speech(20 * PACKET))
    theatre.prompter.end()
    theatre.live(moment)
    cut = theatre.prompter.interrupt()
    stopped = [told for told in theatre.told if told.what == STOPPED]
    assert len(stopped) == (cut.utterance is None)


def test_a_loop_that_stood_still_puts_no_silence_into_speech() -> None:
    """Whoever is asked first afterwards: the voice leaves before the prompter has had its turn."""
    theatre = Theatre()
    speech = theatre.speech(60 * PACKET)
    theatre.prompter.push(speech)
    theatre.prompter.end()
    theatre.live(20)
    theatre.clock.advance(0.1)
    theatre.session.voice(theatre.at, 0)
    theatre.live(80)
    np.testing.assert_array_equal(theatre.said, speech)
    assert set(np.diff(np.flatnonzero(np.concatenate(theatre.heard)))) == {1}


@pytest.mark.parametrize("asleep_s", [5.0, 3600.0])
def test_a_machine_that_slept_says_what_it_had_to_say(asleep_s: float) -> None:
    """Time stood still for who is prompted: every sample is heard, in order, none hurried past."""
    theatre = Theatre()
    theatre.prompter.push(theatre.speech(2 * TICKS_PER_SECOND))
    theatre.prompter.end()
    theatre.live(100)
    theatre.clock.advance(asleep_s)
    theatre.live(150)
    heard = np.concatenate(theatre.heard)
    said = np.flatnonzero(heard)
    assert len(said) == 2 * TICKS_PER_SECOND
    assert np.array_equal(np.diff(said), np.ones(len(said) - 1, int))
    assert [it.what for it in theatre.told] == [STARTED, STOPPED]
