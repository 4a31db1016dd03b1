from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_engine.batching.watched_slots import WatchedSlots, WatchedStages, Work
from stream_engine.motion.arkit import INDEX
from stream_engine.motion.emotion import Manner
from stream_engine.motion.window import profile_named
from tests.fakes.stages import FakeStages, LoudnessSlots

SMILE = INDEX["mouthSmileLeft"]
ROWS = np.array([0, 1])


class Log:
    """Implements `SlotWatcher`; keeps everything."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def shown(self, manner: Manner | Work) -> None:
        self.told.append(manner)

    def restarted(self) -> None:
        self.told.append("restarted")

    def advanced(self, samples: Any, ended: NDArray[np.bool_] | None, level: int) -> None:
        self.told.append((float(samples[0]), None if ended is None else ended.tolist(), level))


def speech() -> Any:
    return np.stack([np.full(640, 0.25, np.float32), np.full(640, 0.5, np.float32)])


def slots() -> WatchedSlots:
    made = WatchedSlots(LoudnessSlots(profile_named("balanced"), 2))
    for row in (0, 1):
        made.begin(row, Manner())
    return made


def test_a_watcher_is_told_of_its_own_session_in_order() -> None:
    """What the model was given, and when it began anew; not what others were."""
    made, log = slots(), Log()
    made.watch(1, log)
    made.advance(ROWS, speech())
    made.restart(np.array([0]))
    made.restart(ROWS)
    made.advance(ROWS, speech(), np.array([[False], [True]]), 1)
    assert log.told == [(0.5, None, 0), "restarted", (0.5, [True], 1)]
    assert made.levels == 2


def test_watched_motion_has_the_same_bits() -> None:
    """Watching changes nothing but when a manner comes: with the next hop."""
    plain, made = LoudnessSlots(profile_named("balanced"), 2), slots()
    made.watch(1, Log())
    for level in (0, 1, 0):
        hop = np.concatenate([speech()] * (2 if level == 0 and plain._heard[0, -1] else 1), axis=1)
        for each in (plain, made):
            each.express(1, Manner("happy", 0.5))
        np.testing.assert_array_equal(
            plain.advance(ROWS, hop, None, level), made.advance(ROWS, hop, None, level)
        )


def test_a_manner_comes_between_two_windows_and_is_told_before_the_first_that_sees_it() -> None:
    """The last of several; who is not watched gets it at once."""
    made, log = slots(), Log()
    made.watch(1, log)
    made.express(1, Manner("sad", 0.25))
    made.express(1, Manner("happy", 0.5))
    made.express(0, Manner("happy", 0.75))
    motion = made.advance(ROWS, speech())
    assert motion[:, 0, SMILE].tolist() == [0.75, 0.5]
    assert log.told == [Manner("happy", 0.5), (0.5, None, 0)]


def test_whoever_has_a_slot_next_is_not_watched_and_gets_no_manner_of_another() -> None:
    """A wish of the last moment dies with its session."""
    made, log = slots(), Log()
    made.watch(1, log)
    made.express(1, Manner("happy", 0.5))
    made.begin(1, Manner())
    motion = made.advance(ROWS, speech())
    assert motion[1, 0, SMILE] == Manner().row()[1:7].sum()
    assert log.told == []


def test_a_window_that_fails_is_not_told() -> None:
    """It is tried again, alone; only what happened is told."""

    class Failing(LoudnessSlots):
        def advance(self, *given: Any) -> Any:
            raise ValueError("no")

    made, log = WatchedSlots(Failing(profile_named("balanced"), 2)), Log()
    made.watch(0, log)
    try:
        made.advance(ROWS, speech())
    except ValueError:
        log.told.append("failed")
    assert log.told == ["failed"]


def test_stages_are_passed_on() -> None:
    """Everything but the slots is as it was."""
    plain = FakeStages()
    stages = WatchedStages(plain)
    assert isinstance(stages.motion_slots("ultra", 3), WatchedSlots)
    assert (stages.engine_threads, stages.setting) == (plain.engine_threads, plain.setting)
    assert type(stages.head_poser("default")) is type(plain.head_poser("default"))
    assert type(stages.renderer("default")) is type(plain.renderer("default"))


def test_how_a_session_is_worked_for_is_told_where_it_begins() -> None:
    """Between two windows, as a manner is; the monitor of stages is passed on."""
    made, log = slots(), Log()
    made.watch(1, log)
    made.work(0, boosted=True, fallback=True)
    made.work(1, boosted=True, fallback=False)
    made.advance(ROWS, speech())
    assert log.told == [Work(True, False), (0.5, None, 0)]
    made.work(1, boosted=False, fallback=True)
    made.begin(1, Manner())
    made.watch(1, log)
    made.advance(ROWS, speech())
    assert len(log.told) == 3
    assert WatchedStages(FakeStages()).sync_scorer(2) is None
