"""Sentences for what was judged."""

from dataclasses import replace

import pytest

from stream_engine.monitor.lag_drift import LagDrift
from stream_engine.monitor.recording_judge import RecordingJudgement, Stretch
from stream_engine.monitor.verdict import (
    EARLY,
    IN_SYNC,
    LATE,
    OTHER,
    QUIET,
    Run,
    certainty,
    runs_of,
    state_of,
    verdict_of,
)

GOOD = Stretch(0.0, 1.0, 1.0, 0.97, -3.0, 0.99)
LAGS = replace(GOOD, score=0.02, lag_ms=118.0)
LEADS = replace(GOOD, score=0.02, lag_ms=-80.0, confidence=0.85)
WRONG = Stretch(0.0, 1.0, 1.0, 0.04, 260.0, 0.1)
SILENT = Stretch(0.0, 1.0, 0.1, 0.9, 0.0, 0.9)


def judgement(*kinds: Stretch, whole: Stretch, drift: LagDrift | None = None) -> RecordingJudgement:
    """Seconds of some kinds, one after the other."""
    seconds = tuple(replace(kind, start_s=float(k), end_s=k + 1.0) for k, kind in enumerate(kinds))
    speech_s = sum(second.speech_s for second in seconds)
    return RecordingJudgement(whole, seconds, (), (), drift, speech_s)


def said(*kinds: Stretch, whole: Stretch, drift: LagDrift | None = None, moving: int = 20) -> str:
    return verdict_of(judgement(*kinds, whole=whole, drift=drift), moving).sentence


@pytest.mark.parametrize(
    ("stretch", "state"),
    [(GOOD, IN_SYNC), (LAGS, LATE), (LEADS, EARLY), (WRONG, OTHER), (SILENT, QUIET)],
)
def test_every_stretch_has_a_state(stretch: Stretch, state: str) -> None:
    """A lag that is sure comes before the score."""
    assert state_of(stretch) == state


def test_a_lag_nobody_sees_is_none() -> None:
    """45 ms, either way."""
    assert state_of(replace(GOOD, lag_ms=45.0)) == IN_SYNC
    assert state_of(replace(GOOD, lag_ms=-46.0)) == EARLY


def test_runs_pass_over_pauses_and_leave_out_single_seconds() -> None:
    """Two seconds and more of one state."""
    seconds = judgement(
        GOOD, GOOD, SILENT, GOOD, WRONG, GOOD, LAGS, SILENT, LAGS, whole=GOOD
    ).seconds
    assert runs_of(seconds) == (Run(IN_SYNC, 0.0, 4.0), Run(LATE, 6.0, 9.0))


def test_what_is_right_is_said_in_a_word() -> None:
    """Nothing more."""
    assert said(GOOD, GOOD, whole=GOOD) == "the face says these words, in sync"


def test_a_shift_is_said_with_its_size_and_certainty() -> None:
    """Late and early, sure and likely."""
    assert said(LAGS, LAGS, whole=LAGS) == "the mouth is 118 ms late (sure)"
    assert said(LEADS, LEADS, whole=LEADS) == "the mouth is 80 ms early (likely)"


def test_what_is_wrong_in_places_is_said_with_them() -> None:
    """Beside what holds for the rest."""
    assert said(GOOD, GOOD, WRONG, WRONG, WRONG, whole=GOOD) == (
        "the face says these words, in sync; it says something else from about 2 s to 5 s"
    )
    assert said(WRONG, WRONG, WRONG, GOOD, GOOD, whole=WRONG) == (
        "the face says something else from about 0 s to 3 s"
    )
    assert said(LAGS, LAGS, GOOD, GOOD, whole=LAGS) == (
        "the mouth is 118 ms late (sure); it is in sync from about 2 s to 4 s"
    )
    assert said(WRONG, WRONG, whole=WRONG) == "the face says something else"


def test_many_places_are_counted() -> None:
    """Three by name."""
    kinds = [GOOD, GOOD, WRONG, WRONG] * 5
    assert said(*kinds, whole=GOOD).endswith("from about 10 s to 12 s and in 2 more places")


def test_a_drift_comes_first() -> None:
    """It explains all lags; one that is an accident does not."""
    drift = LagDrift(-60.0, -70.0, -50.0, 40)
    assert said(GOOD, LAGS, whole=GOOD, drift=drift) == (
        "the mouth drifts: 60 ms earlier with every minute"
    )
    assert "drifts" not in said(GOOD, GOOD, whole=GOOD, drift=replace(drift, high=1.0))


def test_nothing_to_judge_is_said() -> None:
    """No speech, too little, or a mouth that does not move."""
    none = replace(SILENT, speech_s=0.0)
    assert said(none, none, whole=none) == "nothing to judge: no speech"
    assert said(*[SILENT] * 5, whole=SILENT) == "nothing to judge: too little speech (0.5 s)"
    assert said(WRONG, WRONG, whole=WRONG, moving=0) == "the mouth does not move"


@pytest.mark.parametrize(("share", "word"), [(0.96, "sure"), (0.8, "likely"), (0.79, "unsure")])
def test_certainty_has_three_words(share: float, word: str) -> None:
    """By confidence."""
    assert certainty(replace(GOOD, confidence=share)) == word
