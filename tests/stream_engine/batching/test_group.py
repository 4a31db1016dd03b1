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
