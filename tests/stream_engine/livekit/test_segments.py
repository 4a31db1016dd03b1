"""Every segment is answered once, in order, with the seconds of it that were heard."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.audio.speech_queue import Pcm
from stream_engine.config import EngineConfig
from stream_engine.errors import SpeechBufferFull
from stream_engine.household import Household
from stream_engine.livekit.segments import LEAD_S, MOST_SEGMENTS, Begun, Done, Segment, Segments
from stream_engine.session import FADE_TICKS
from tests.fakes.clock import ManualClock
from tests.fakes.stages import FakeStages

PACKET, RATE = 480, 48_000


class Theatre:
    """A session without pictures, segments, and an ear for the voice; time by hand."""

    def __init__(self, most_s: float = 10.0) -> None:
        self.clock = ManualClock(10.0)
        self.house = Household(FakeStages(), EngineConfig(), self.clock)
        parts = self.house.make_parts("ultra", "")
        self.session = self.house.open(parts, lambda frames: None, self.fail)
        self.session.begin()
        self.told: list[Begun | Done] = []
        self.segments = Segments(self.session, self.told.append, most_s)
        self.heard: list[np.ndarray] = []
        self.at = 0

    def fail(self, error: Exception) -> None:
        raise error

    def speech(self, samples: int) -> Pcm:
        """So many samples, none of them 0."""
        return np.full(samples, 1000, np.int16)

    def say(self, samples: int, rate_hz: int = RATE) -> Segment:
        """A whole segment."""
        segment = self.segments.open(rate_hz)
        self.segments.push(segment, self.speech(samples))
        self.segments.end(segment)
        return segment

    def live(self, hundredths: int) -> None:
        """Let so many times 10 ms pass."""
        for _ in range(hundredths):
            self.clock.advance(0.01)
            self.segments.pump()
            self.house.engine.engines[0].run_once()
            while self.session.due(self.at) <= self.clock.now():
                self.heard.append(self.session.voice(self.at, PACKET))
                self.at += PACKET

    @property
    def done(self) -> list[Done]:
        return [each for each in self.told if isinstance(each, Done)]

    @property
    def audible(self) -> int:
        """Samples that were heard, at 48 kHz."""
        return int(np.count_nonzero(np.concatenate([np.zeros(0), *self.heard]) > 0.01))


def test_a_segment_begins_and_ends_with_its_first_and_last_sample() -> None:
    """Not before they leave, and the position is all of it."""
    theatre = Theatre()
    theatre.say(RATE // 2)
    theatre.live(10)
    assert theatre.told == []
    theatre.live(10)
    assert theatre.told == [Begun()]
    theatre.live(40)
    assert len(theatre.told) == 1
    theatre.live(15)
    assert theatre.told == [Begun(), Done(0.5, interrupted=False)]
    assert theatre.audible == pytest.approx(RATE // 2, abs=200)


def test_a_clear_says_what_was_heard_of_each() -> None:
    """The one that is spoken up to the cut, those behind it not at all; nothing of them follows."""
    theatre = Theatre()
    first, second = theatre.say(RATE), theatre.say(RATE)
    theatre.live(60)
    cut = theatre.segments.clear()
    assert first not in theatre.segments
    assert second not in theatre.segments
    spoken, waiting = theatre.done
    assert (spoken.interrupted, waiting) == (True, Done(0.0, interrupted=True))
    assert spoken.position_s == pytest.approx(theatre.audible / RATE, abs=0.006)
    theatre.live(60)
    assert theatre.audible / RATE <= spoken.position_s + FADE_TICKS / RATE + 0.003
    assert theatre.done == [spoken, waiting]
    assert cut.dropped > 0
    theatre.say(RATE // 10)
    theatre.live(40)
    assert theatre.done[-1] == Done(0.1, interrupted=False)


@pytest.mark.parametrize("moment", range(15, 32))
def test_a_clear_at_any_moment_tells_the_truth(moment: int) -> None:
    """Also just as the last sample leaves: what was heard to its end was not interrupted."""
    theatre = Theatre()
    theatre.say(RATE // 10)
    theatre.say(RATE // 10)
    theatre.live(moment)
    theatre.segments.clear()
    before = theatre.audible
    theatre.live(30)
    assert len(theatre.done) == 2
    heard_s = sum(done.position_s for done in theatre.done)
    assert heard_s == pytest.approx(before / RATE, abs=0.006)
    assert [done.interrupted for done in theatre.done] == [
        done.position_s < 0.1 for done in theatre.done
    ]


def test_what_comes_of_a_segment_that_was_cleared_is_dropped() -> None:
    """The agent closes its stream after it has asked to stop."""
    theatre = Theatre()
    segment = theatre.segments.open(RATE)
    theatre.segments.push(segment, theatre.speech(RATE // 4))
    theatre.live(30)
    theatre.segments.clear()
    theatre.segments.push(segment, theatre.speech(RATE))
    theatre.segments.end(segment)
    theatre.live(100)
    assert len(theatre.done) == 1
    assert theatre.segments.waiting_s == 0.0


def test_a_segment_without_sound_is_answered_in_its_turn() -> None:
    """Or the agent would wait for it; the same of one that was refused."""
    theatre = Theatre()
    theatre.say(RATE // 10)
    theatre.say(0)
    theatre.segments.refuse()
    assert theatre.done == []
    theatre.live(60)
    wanted = [Done(0.1, False), Done(0.0, False), Done(0.0, interrupted=True)]
    assert theatre.done == wanted


def test_a_faulty_segment_is_said_to_be_interrupted() -> None:
    """However much of it was heard, it was not all."""
    theatre = Theatre()
    segment = theatre.segments.open(RATE)
    theatre.segments.push(segment, theatre.speech(RATE // 10))
    theatre.segments.end(segment, faulty=True)
    theatre.live(60)
    assert theatre.told == [Begun(), Done(0.1, interrupted=True)]


def test_a_segment_is_begun_when_enough_of_it_is_there() -> None:
    """Or its first unevenness would be heard; what is whole is begun however short it is."""
    theatre = Theatre()
    segment = theatre.segments.open(RATE)
    theatre.segments.push(segment, theatre.speech(int(LEAD_S * RATE) - 1))
    theatre.live(40)
    assert theatre.audible == 0
    theatre.segments.push(segment, theatre.speech(1))
    theatre.live(20)
    assert theatre.audible > 0
    theatre.segments.end(segment)
    theatre.say(48)
    theatre.live(40)
    assert theatre.done == [Done(LEAD_S, interrupted=False), Done(0.001, interrupted=False)]


def test_another_rate_is_spoken_when_the_first_has_been_heard() -> None:
    """Nothing is lost of either, and the positions are in seconds of each."""
    theatre = Theatre()
    theatre.say(2400, 24_000)
    theatre.say(4410, 44_100)
    theatre.say(800, 8_000)
    theatre.live(150)
    assert theatre.done == [Done(0.1, interrupted=False)] * 3
    assert theatre.audible == pytest.approx(0.3 * RATE, abs=900)


def test_more_than_may_wait_is_refused() -> None:
    """Seconds and segments are bounded; what was taken is spoken."""
    theatre = Theatre(most_s=1.0)
    segment = theatre.segments.open(RATE)
    theatre.segments.push(segment, theatre.speech(RATE))
    with pytest.raises(SpeechBufferFull, match="at most 1 s"):
        theatre.segments.push(segment, theatre.speech(1))
    theatre.live(50)
    theatre.segments.push(segment, theatre.speech(RATE // 4))
    for _ in range(MOST_SEGMENTS - 1):
        theatre.segments.open(RATE)
    with pytest.raises(SpeechBufferFull, match="more segments"):
        theatre.segments.open(RATE)
    theatre.segments.refuse()
    assert theatre.done == [Done(0.0, interrupted=True)]
    assert len(theatre.segments) == MOST_SEGMENTS


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["say", "say slowly", "live", "clear", "refuse", "empty"]),
        st.integers(1, 25),
    ),
    max_size=14,
)


@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_every_segment_is_answered_once_and_positions_are_what_was_heard(
    steps: list[tuple[str, int]],
) -> None:
    """Whatever happens in whatever order: the sum of positions is the sound that left."""
    theatre = Theatre()
    opened, cuts = 0, 0
    rates = (48_000, 24_000, 44_100)
    for what, count in steps:
        if what == "live":
            theatre.live(count)
            continue
        if what == "clear":
            theatre.segments.clear()
            assert len(theatre.done) == opened
            cuts += 1
            continue
        opened += 1
        rate_hz = rates[count % 3]
        if what == "say":
            theatre.say(rate_hz // 100 * count, rate_hz)
        elif what == "say slowly":
            segment = theatre.segments.open(rate_hz)
            theatre.segments.push(segment, theatre.speech(rate_hz // 100))
            theatre.live(count)
            theatre.segments.push(segment, theatre.speech(rate_hz // 100))
            theatre.segments.end(segment)
        elif what == "refuse":
            theatre.segments.refuse()
        else:
            theatre.segments.end(theatre.segments.open(rate_hz))
    for _ in range(60):
        theatre.live(10)
        if len(theatre.done) == opened:
            break
    theatre.live(1)
    assert len(theatre.done) == opened
    positions = sum(done.position_s for done in theatre.done)
    blur = 0.0005 * (opened + 1) + 0.006 * cuts  # filters at the edges, fades at the cuts
    assert theatre.audible / RATE == pytest.approx(positions, abs=0.002 + blur)


def test_segments_of_nothing_between_two_that_end_at_once_are_answered_in_their_turn() -> None:
    """A late turn of the loop in which both are spoken to their ends, as of two short words."""
    theatre = Theatre()
    theatre.say(RATE // 10)
    theatre.segments.refuse()
    theatre.say(RATE // 20)
    theatre.live(2)
    theatre.clock.advance(0.6)
    theatre.segments.pump()
    theatre.clock.advance(0.6)
    theatre.segments.pump()
    assert theatre.done == [
        Done(0.1, interrupted=False),
        Done(0.0, interrupted=True),
        Done(0.05, interrupted=False),
    ]
