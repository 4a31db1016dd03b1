"""What a client says of a manner reaches the lane, or is refused and changes nothing."""

import pytest

from stream_engine.batching.lane import Lane
from stream_engine.batching.lane_table import LaneTable
from stream_engine.errors import ConfigError
from stream_engine.manner_wire import Listen, Manner
from stream_engine.motion import emotion
from stream_engine.motion.emotion import Heard, Passing
from stream_engine.motion.window import PROFILES
from stream_engine.telemetry.metrics import Tally
from stream_engine.transport.heed import heed, manner_after
from stream_engine.wire import Express
from tests.fakes.nobody import Nobody
from tests.fakes.stages import LoudnessSlots


class RememberingSlots(LoudnessSlots):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__(PROFILES["ultra"], 1)
        self.told: list[emotion.Manner | Heard] = []

    def express(self, slot: int, manner: emotion.Manner) -> None:
        """Keep it."""
        self.told.append(manner)

    def hear(self, slot: int, heard: Heard) -> None:
        """Keep it."""
        self.told.append(heard)


@pytest.fixture
def slots() -> RememberingSlots:
    """Slots that remember what they were told."""
    return RememberingSlots()


@pytest.fixture
def lane(slots: RememberingSlots) -> Lane:
    """A lane with them."""
    table = LaneTable(1)
    table.begin(0, 0, PROFILES["ultra"])
    return Lane(Nobody(), table, 0, slots, Nobody(), Tally(), emotion.Manner())


def test_what_has_no_times_stays(lane: Lane, slots: RememberingSlots) -> None:
    """As ever."""
    heed(lane, Express("sad", 0.5))
    assert lane.manner == emotion.Manner("sad", 0.5)
    assert slots.told == [lane.manner]
    assert manner_after(lane, Manner("sad")) == Manner("sad", 0.5, 1.0)


def test_what_has_times_passes(lane: Lane, slots: RememberingSlots) -> None:
    """The usual times where only one is given; what stays is as it was."""
    asked = Manner("happy", 1.0, onset_s=0.1)
    heed(lane, asked)
    assert lane.manner.passing == Passing("happy", 1.0, 0.1, 0.6, 0.6)
    assert lane.manner.emotion == "neutral"
    assert slots.told == [lane.manner]
    assert manner_after(lane, asked) == Manner("happy", 1.0, 1.0, 0.1, 0.6, 0.6)
    assert manner_after(lane, Manner(style=1.0)) == Manner("neutral", 0.7, 1.0)


def test_levels_are_counted(lane: Lane, slots: RememberingSlots) -> None:
    """So that a level which comes again is told from one that comes no more."""
    heed(lane, Listen(-30.0))
    heed(lane, Listen(-30.0))
    assert slots.told == [Heard(-30.0, 1), Heard(-30.0, 2)]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (Listen(1.0), "level_db is out of range.*1.0.*-120..0"),
        (Listen(float("nan")), "level_db is out of range"),
        (Express("happy", apex_s=-1.0), "apex_s is out of range"),
        (Express("merry", apex_s=1.0), "unknown emotion"),
    ],
)
def test_what_cannot_be_is_refused(
    lane: Lane, slots: RememberingSlots, message: Express | Listen, words: str
) -> None:
    """And changes nothing."""
    with pytest.raises(ConfigError, match=words):
        heed(lane, message)
    assert not slots.told
    assert lane.manner == emotion.Manner()


def test_a_lane_that_is_closed_hears_nobody(lane: Lane, slots: RememberingSlots) -> None:
    """Its row may be another's."""
    lane.closed = True
    heed(lane, Listen(-30.0))
    assert not slots.told
