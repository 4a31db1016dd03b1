import numpy as np

from stream_engine.batching.group import Group
from stream_engine.motion.window import PROFILES
from tests.fakes.stages import LoudnessSlots


def test_times_are_judged_by_the_profiles_hop() -> None:
    """50 ms are too long for a hop of 40 and neither long nor short for one of 80."""
    for name, hop_s, level in (("balanced", 0.04, 1), ("quality", 0.08, 0)):
        group = Group(LoudnessSlots(PROFILES[name], 4), hop_s)
        for now in np.arange(0.0, 1.0, hop_s):
            group.judge(np.full(3, now), now + 0.05)
        assert (group.governor.levels, group.governor.level) == (2, level)


def test_longer_hops_begin_for_half_of_the_sessions_at_a_time() -> None:
    """Even rows in one hop's time, odd ones in the next; those who have changed all go on."""
    group = Group(LoudnessSlots(PROFILES["balanced"], 8), 0.04)
    rows = np.arange(5)
    assert group.plan(rows, True, 0.0)[1] == 0
    group.governor.level = 1
    taken, level = group.plan(rows, True, 0.01)
    assert (taken.tolist(), level) == ([0, 2, 4], 1)
    taken, level = group.plan(np.array([1, 3]), True, 0.01)
    assert (taken.tolist(), level) == ([1, 3], 0)
    taken, level = group.plan(np.array([1, 3]), True, 0.05)
    assert (taken.tolist(), level) == ([1, 3], 1)
    taken, level = group.plan(rows, False, 0.01)
    assert (taken.tolist(), level) == ([0, 1, 2, 3, 4], 1)


def test_a_deadline_is_missed_when_the_next_hop_was_there_before() -> None:
    """Longer than a hop from the last sample to the motion; at the very moment it is not late."""
    group = Group(LoudnessSlots(PROFILES["quality"], 4), 0.08)
    complete_s = np.array([1.0, 1.04, 0.9])
    assert group.judge(complete_s, 1.0799) == 1
    assert group.judge(complete_s, 1.09) == 2
    assert group.judge(complete_s[:0], 2.0) == 0
