"""Quality gives way before time does, and comes back, without flickering."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.batching.governor import EASY, STRAINED, Governor


def run(governor: Governor, took: float, seconds: float, at_s: float) -> list[int]:
    """Windows of ten sessions, 25 a second, that all take so much of a hop: the levels seen."""
    seen = []
    for now in np.arange(at_s, at_s + seconds, 0.04):
        governor.observe(float(now), 10, 10 * (took > STRAINED), 10 * (took < EASY))
        seen.append(governor.level)
    return seen


def test_strain_lowers_quality_a_level_at_a_time() -> None:
    """Within a second the first, and the last within as many periods as there are levels."""
    governor = Governor(4)
    assert run(governor, 0.9, 0.45, 0.0)[-1] == 0
    assert run(governor, 0.9, 0.3, 0.45)[-1] == 1
    assert run(governor, 0.9, 3.0, 0.75)[-1] == 3
    assert governor.strained


def test_a_single_hiccup_changes_nothing() -> None:
    """One window in fifty that took too long is not strain."""
    governor = Governor(2)
    for k in range(1000):
        governor.observe(0.04 * k, 2, int(k % 25 == 0), 2)
    assert (governor.level, governor.strained) == (0, False)


def test_calm_raises_it_again_and_what_lies_between_keeps_it() -> None:
    """Neither strained nor easy: as it is, for ever; easy for four seconds: better."""
    governor = Governor(2)
    run(governor, 0.9, 1.0, 0.0)
    assert set(run(governor, 0.6, 60.0, 1.0)) == {1}
    seen = run(governor, 0.2, 6.0, 61.0)
    assert seen[int(3.5 * 25)] == 1
    assert seen[-1] == 0


def test_it_flickers_ever_less_if_the_better_level_is_too_much() -> None:
    """A machine that is easy at level 1 and strained at 0: ever fewer changes."""
    governor, changes = Governor(2), []
    level = 0
    for k in range(600 * 25):
        took = 0.9 if governor.level == 0 else 0.2
        governor.observe(0.04 * k, 10, 10 * (took > STRAINED), 10 * (took < EASY))
        if governor.level != level:
            level = governor.level
            changes.append(0.04 * k)
    assert 4 <= len(changes) <= 20
    assert max(np.diff(changes)) > 120.0


@given(
    st.lists(st.tuples(st.floats(0.0, 2.0), st.integers(1, 50)), max_size=200), st.integers(1, 4)
)
@settings(max_examples=50, deadline=None)
def test_the_level_is_always_one_there_is(batches: list[tuple[float, int]], levels: int) -> None:
    """Whatever windows take; and it moves by one at most."""
    governor, before = Governor(levels), 0
    for k, (took, windows) in enumerate(batches):
        governor.observe(0.3 * k, windows, windows * (took > STRAINED), windows * (took < EASY))
        assert 0 <= governor.level < levels
        assert abs(governor.level - before) <= 1
        before = governor.level
