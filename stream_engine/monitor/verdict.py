"""A judged recording in words: one sentence, and what is wrong where."""

from collections.abc import Sequence
from dataclasses import dataclass

from stream_engine.monitor.recording_judge import RecordingJudgement, Stretch
from stream_engine.monitor.sync_score import LEAST_SPEECH_S

IN_SYNC_MS = 45.0
"""Lags up to here are not told: nobody sees them, and the recordings learned from are no better."""

LOCATED = 0.8
"""Confidence from which on a lag is told."""

_SURE, _SAYS = 0.95, 0.5
_LEAST_RUN_S = 2.0

IN_SYNC, LATE, EARLY = "in sync", "late", "early"
OTHER, QUIET, DRIFTING, STILL = "other words", "no speech", "drifting", "still"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to think of it.

    Attributes:
        kind: One of the states above.
        sentence: For people, without a final stop.
    """

    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds in a row of one state, pauses among them left out of account.

    Attributes:
        state: Theirs.
        start_s: Where the first begins.
        end_s: Where the last ends.
    """

    state: str
    start_s: float
    end_s: float


def state_of(stretch: Stretch) -> str:
    """Say what a stretch is: in sync, late, early, other words, or no speech to tell by."""
    if not stretch.judged:
        return QUIET
    if stretch.confidence >= LOCATED and abs(stretch.lag_ms) > IN_SYNC_MS:
        return LATE if stretch.lag_ms > 0.0 else EARLY
    return IN_SYNC if stretch.score >= _SAYS else OTHER


def runs_of(seconds: Sequence[Stretch]) -> tuple[Run, ...]:
    """Gather seconds into runs; one second alone is no run, since its neighbours share its window.

    Args:
        seconds: In order.

    Returns:
        Runs of two seconds and more.
    """
    runs: list[Run] = []
    for second in seconds:
        state = state_of(second)
        if state == QUIET:
            continue
        if runs and runs[-1].state == state:
            runs[-1] = Run(state, runs[-1].start_s, second.end_s)
        else:
            runs.append(Run(state, second.start_s, second.end_s))
    return tuple(run for run in runs if run.end_s - run.start_s >= _LEAST_RUN_S)


def verdict_of(judgement: RecordingJudgement, moving: int) -> Verdict:
    """Say the whole in a sentence.

    Args:
        judgement: Of the recording.
        moving: How many shapes of the mouth move at all.

    Returns:
        The verdict.
    """
    whole, drift = judgement.whole, judgement.drift
    if judgement.speech_s < LEAST_SPEECH_S / 2.0:
        return Verdict(QUIET, "nothing to judge: no speech")
    if not any(second.judged for second in judgement.seconds):
        return Verdict(QUIET, f"nothing to judge: too little speech ({judgement.speech_s:.1f} s)")
    if not moving:
        return Verdict(STILL, "the mouth does not move")
    if drift is not None and drift.told:
        way = LATE if drift.ms_per_minute > 0.0 else EARLY
        return Verdict(DRIFTING, f"the mouth drifts: {abs(drift.ms_per_minute):.0f} ms "
                       f"{'later' if way == LATE else 'earlier'} with every minute")  # fmt: skip
    kind, sentence = state_of(whole), "the face says these words, in sync"
    if kind in (LATE, EARLY):
        sentence = f"the mouth is {abs(whole.lag_ms):.0f} ms {kind} ({certainty(whole)})"
    runs = runs_of(judgement.seconds)
    if kind == OTHER:
        wrong = [run for run in runs if run.state == OTHER]
        elsewhere = any(run.state != OTHER for run in runs)
        return Verdict(kind, "the face says something else" + (_places(wrong) if elsewhere else ""))
    for state in (OTHER, LATE, EARLY, IN_SYNC):
        others = [run for run in runs if run.state == state != kind]
        if others:
            sentence += f"; {_SAID[state]}{_places(others)}"
    return Verdict(kind, sentence)


def certainty(stretch: Stretch) -> str:
    """Say how sure a lag is: ``sure``, ``likely`` or ``unsure``."""
    if stretch.confidence >= _SURE:
        return "sure"
    return "likely" if stretch.confidence >= LOCATED else "unsure"


_SAID = {
    OTHER: "it says something else",
    LATE: "the mouth is late",
    EARLY: "the mouth is early",
    IN_SYNC: "it is in sync",
}
_MOST_PLACES = 3


def _places(runs: Sequence[Run]) -> str:
    """Where, in seconds; windows are two seconds long, so no finer."""
    said = [f"from about {run.start_s:.0f} s to {run.end_s:.0f} s" for run in runs[:_MOST_PLACES]]
    more = [f"in {len(runs) - _MOST_PLACES} more places"] if len(runs) > _MOST_PLACES else []
    return (" " + " and ".join([*said, *more])) if said else ""
