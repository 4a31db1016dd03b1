"""Expressions that stay, and those that come and go."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.motion.emotion import EMOTIONS, MANNER_SIZE, Manner, Times
from stream_engine.motion.passing import passing_state, show
from stream_engine.types import F32, MOTION_FPS

HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")


def shown(changes: dict[int, Manner], frames: int) -> F32:
    """Weights of all emotions, [T, 8]."""
    row, out = Manner().row()[None], []
    state = passing_state(row)
    for frame in range(frames):
        row = changes[frame].row()[None] if frame in changes else row
        state = show(state, row)
        out.append(state.at[0])
    return np.stack(out)


def test_a_smile_comes_stays_and_goes_back_to_what_was_before() -> None:
    """95 % after the onset, for as long as the apex, and 5 % after the offset."""
    sad = Manner("sad", 0.6)
    smile = sad.changed("happy", 1.0, None, Times(0.4, 1.0, 0.8))
    path = shown({0: sad, 50: smile}, 200)
    begins, leaves = 50, 50 + round(1.4 * MOTION_FPS)
    assert path[begins + 9, HAPPY] == pytest.approx(0.95, abs=0.03)
    assert path[leaves - 1, HAPPY] > 0.99
    assert path[leaves - 1, SAD] < 0.01
    assert path[leaves + 19, HAPPY] == pytest.approx(0.05, abs=0.03)
    assert path[-1, SAD] == pytest.approx(0.6, abs=0.01)
    assert path[-1, HAPPY] < 0.001


def test_the_same_may_pass_again_and_a_lasting_one_ends_it() -> None:
    """Each asked for begins anew; an emotion without times is there to stay."""
    once = Manner().changed("happy", 1.0, None, Times(apex_s=0.2))
    twice = once.changed("happy", 1.0, None, Times(apex_s=0.2))
    path = shown({0: once, 60: twice}, 150)[:, HAPPY]
    assert path[10] > 0.9
    assert path[55] < 0.05
    assert path[70] > 0.9
    assert path[-1] < 0.05
    stays = once.changed("sad", None, None)
    assert stays.passing is None
    path = shown({0: once, 5: stays}, 60)
    assert path[-1, HAPPY] < 0.001
    assert path[-1, SAD] == pytest.approx(0.7, abs=0.01)
    again = stays.changed("happy", None, None, Times(0.1))
    assert again.passed == 2


def test_style_may_change_while_something_passes() -> None:
    """It does not end it."""
    passing = Manner().changed("happy", 1.0, None, Times(0.2, 5.0))
    styled = passing.changed(None, None, 1.5)
    assert styled.passing == passing.passing
    assert shown({0: styled}, 30)[-1, HAPPY] > 0.99


asked = st.tuples(
    st.sampled_from(EMOTIONS[1:]), st.floats(0, 1), st.floats(0.2, 2), st.floats(0, 2),
    st.floats(0.2, 2),
)  # fmt: skip


@given(st.lists(asked, min_size=1, max_size=5), st.integers(1, 40))
@settings(max_examples=20, deadline=None)
def test_however_often_it_is_asked_for_nothing_jumps(
    wishes: list[tuple[str, float, float, float, float]], apart: int
) -> None:
    """An onset of .2 s or more takes at most 0.36 of a weight in a frame; weights stay in 0..1."""
    manner, changes = Manner(), {}
    for at, (emotion, intensity, *times) in enumerate(wishes):
        manner = manner.changed(emotion, intensity, None, Times(*times))
        changes[at * apart] = manner
    path = shown(changes, 200)[:, : MANNER_SIZE - 1]
    assert np.abs(np.diff(path, axis=0)).max() < 0.36
    assert path.min() > -0.05
    assert path.max() < 1.05


def test_a_session_gives_the_same_beside_one_whose_expression_passes() -> None:
    """Bit for bit: the quick way and the long one."""
    plain, passing = Manner("sad", 0.5), Manner().changed("happy", 1.0, None, Times(0.3))
    together = np.stack([plain.row(), passing.row()])
    begun = np.tile(Manner().row(), (2, 1))
    alone, both = passing_state(begun[:1]), passing_state(begun)
    for _ in range(30):
        alone, both = show(alone, together[:1]), show(both, together)
        assert np.array_equal(alone.at[0], both.at[0])
