"""What is done about a face that does not go with its voice, and how it is taken back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.monitor.remedies import (
    ALERT,
    FIRST_HOLD_S,
    FUTILE_TIMES,
    REALIGN,
    STEPS,
    VISEME,
    Action,
    Finding,
    Means,
    Remedies,
)

HOP_S = 0.4
GOOD = Finding(0.95, 0.0, False, 0.0, 0.99)
NOTHING = Finding(None, 0.0, False)
WRONG = Finding(0.02, 0.0, True)
BAD = Finding(0.1, 0.0, False)


class Course:
    """Findings at their times, and everything that was done."""

    def __init__(self, means: Means | None = None) -> None:
        self.remedies, self.now_s, self.means = Remedies(), 100.0, means or Means()
        self.done: list[Action] = []

    def go(self, finding: Finding, seconds: float = HOP_S) -> list[Action]:
        before = len(self.done)
        for _ in range(max(1, round(seconds / HOP_S))):
            self.now_s += HOP_S
            self.done += self.remedies.tick(self.now_s)
            self.done += self.remedies.observe(finding, self.now_s, self.means)
        return self.done[before:]

    def kinds(self) -> list[tuple[str, bool]]:
        return [(action.kind, action.on) for action in self.done]


def late(ms: float) -> Finding:
    return Finding(0.05, ms, False, ms, 0.95)


@given(st.lists(st.sampled_from([GOOD, NOTHING, Finding(0.75, 0.0, False, 30.0, 0.9)])))
def test_a_healthy_face_causes_nothing(findings: list[Finding]) -> None:
    """Whatever it says, however long its pauses."""
    course = Course()
    for finding in findings:
        assert course.go(finding) == []


def test_a_certain_lag_is_taken_out_and_put_back_when_it_is_gone() -> None:
    """The voice waits; when the mouth is early by as much, it waits no longer."""
    course = Course()
    (action,) = course.go(late(120.0))
    assert (action.kind, action.on, action.quality.align_ms) == (REALIGN, True, 120)
    assert course.go(GOOD, 8.0) == []
    (back,) = course.go(late(-120.0))
    assert (back.kind, back.on, back.quality.align_ms) == (REALIGN, False, 0)


def test_an_alarm_that_the_last_two_seconds_do_not_bear_out_is_let_pass() -> None:
    """One word that looks like another moves no voice."""
    course = Course()
    assert course.go(Finding(0.8, -320.0, False, 4.0, 0.9)) == []
    assert course.go(Finding(0.8, -320.0, False, -310.0, 0.9)) != []


def test_an_early_mouth_waits_for_the_voice() -> None:
    """Where the face may wait; else somebody is told."""
    assert Course().go(late(-80.0))[0].quality.align_ms == -80
    (alert,) = Course(Means(face_waits=False)).go(late(-80.0))
    assert (alert.kind, alert.on) == (ALERT, True)


def test_a_realignment_is_made_finer() -> None:
    """Most of a lag is taken out at once, the rest when it is sure."""
    course = Course()
    course.go(late(160.0))
    course.go(Finding(0.9, 0.0, False, -36.0, 0.95), 4.0)
    course.go(GOOD, 60.0)
    assert [action.quality.align_ms for action in course.done] == [160, 124]


def test_realigning_that_does_not_help_stops_and_alerts() -> None:
    """A lag that comes back at once, again and again."""
    course = Course()
    for _ in range(20):
        course.go(late(90.0), 1.6)
    assert course.kinds().count((REALIGN, True)) == FUTILE_TIMES
    assert course.kinds().count((ALERT, True)) == 1
    course.go(GOOD, 90.0)
    assert course.kinds()[-1] == (ALERT, False)


def test_other_words_bring_the_viseme_mouth_and_an_alert() -> None:
    """The model's is tried again; where that was too soon, twice as long after."""
    course = Course()
    assert [a.kind for a in course.go(WRONG)] == [VISEME, ALERT]
    course.go(GOOD, FIRST_HOLD_S + 1.0)
    assert course.kinds()[-1] == (VISEME, False)
    course.go(WRONG, 2.0)
    assert course.kinds()[-1] == (VISEME, True)
    assert course.go(GOOD, 2 * FIRST_HOLD_S - 2.0) == []
    course.go(GOOD, 30.0)
    assert course.kinds()[-2:] == [(VISEME, False), (ALERT, False)]
    assert course.remedies.quality == Remedies().quality


def test_a_face_that_is_hardly_shown_is_not_the_models_fault() -> None:
    """Too few pictures: somebody is told, the mouth stays."""
    course = Course()
    course.go(Finding(0.02, 0.0, True, fresh=0.4), 4.0)
    assert course.kinds() == [(ALERT, True)]
    assert not course.remedies.quality.fallback


def test_a_score_that_stays_low_brings_steps_if_there_is_time() -> None:
    """And they go when it is well again."""
    assert Course(Means(steps=False)).go(BAD, 10.0) == []
    course = Course()
    course.go(BAD, 2.0)
    assert course.kinds() == []
    course.go(BAD, 2.0)
    assert course.kinds() == [(STEPS, True)]
    assert course.remedies.quality.boosted
    course.go(GOOD, 8.0)
    assert course.kinds() == [(STEPS, True), (STEPS, False)]


@given(
    st.lists(
        st.tuples(st.sampled_from([GOOD, NOTHING, WRONG, BAD]) | st.floats(-400, 400).map(late)),
        max_size=60,
    )
)
def test_whatever_is_found_health_brings_everything_back(course_of: list[tuple[Finding]]) -> None:
    """After three healthy minutes only what the lag itself asked for is left."""
    course = Course()
    for (finding,) in course_of:
        course.go(finding)
    course.go(GOOD, 400.0)
    quality = course.remedies.quality
    assert not quality.boosted
    assert not quality.fallback
    assert not course.remedies.alerted
    assert -200 <= quality.align_ms <= 400
    on = [a for a in course.done if a.kind == VISEME and a.on]
    off = [a for a in course.done if a.kind == VISEME and not a.on]
    assert len(on) == len(off)


def test_words_say_what_was_done_and_why() -> None:
    """For the log, the page and whoever is called at night."""
    assert Course().go(late(118.4))[0].because == "the mouth is 118 ms late"
    assert Course().go(late(-62.0))[0].because == "the mouth is 62 ms early"
    assert pytest.approx(0.0) == Remedies().quality.align_ms
