"""Judges a whole recording of a face against its voice: second by second, utterance by utterance.

The same ears, evidence and calibration as live, but windows lie where they are wanted, and what is
said of a second uses what comes after it, too.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stream_engine.monitor.lag_drift import LagDrift, lag_drift
from stream_engine.monitor.recording_ears import HeardRecording
from stream_engine.monitor.streaming_ears import STEPS_PER_FRAME
from stream_engine.monitor.sync_evidence import LAGS, STEPS_PER_SECOND
from stream_engine.monitor.sync_score import (
    HOP_FRAMES,
    LEADS,
    LEAST_SPEECH_S,
    SHORT,
    WINDOW_HOPS,
    Calibration,
    accumulate,
    judge,
    no_gains,
)
from stream_engine.types import F32, MOTION_FPS

WINDOW_S = WINDOW_HOPS * HOP_FRAMES / MOTION_FPS
"""Of a judgement, as the calibration was fitted."""

_HOP_STEPS = STEPS_PER_FRAME * HOP_FRAMES
_PAUSE_STEPS, _LEAST_STEPS = 15, 15
_SPEAKS = 0.5
_SAME_LAG_MS, _SAME_FAULT_S = 60.0, 2.0

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is said of a stretch of time.

    Attributes:
        start_s: Where it begins.
        end_s: Where it ends.
        speech_s: Speech that was judged; below `LEAST_SPEECH_S` the rest means nothing.
        score: How sure it is that the face says what the voice says, now, 0..1.
        lag_ms: How late the mouth is, early below 0.
        confidence: How sure it is that the lag is right to 40 ms, 0..1.
    """

    start_s: float
    end_s: float
    speech_s: float
    score: float
    lag_ms: float
    confidence: float

    @property
    def judged(self) -> bool:
        """Whether there was enough speech."""
        return self.speech_s >= LEAST_SPEECH_S


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that is surely wrong.

    Attributes:
        since_s: Since when, as far as can be told.
        at_s: When it was certain.
        until_s: When it was last certain: as live, an alarm that was raised may be raised again.
        lag_ms: How late the mouth is; 0 if it says something else.
    """

    since_s: float
    at_s: float
    until_s: float
    lag_ms: float


@dataclass(frozen=True, slots=True)
class RecordingJudgement:
    """Of a recording.

    Attributes:
        whole: All of it; its score is the mean over its speech, its lag that of all evidence.
        seconds: One after the other, each heard with half a second before and after.
        utterances: Speech between pauses.
        alarms: In order.
        drift: How the lag grows; None if too little of it is known.
        speech_s: Speech there is, judged or not.
    """

    whole: Stretch
    seconds: tuple[Stretch, ...]
    utterances: tuple[Stretch, ...]
    alarms: tuple[Alarm, ...]
    drift: LagDrift | None
    speech_s: float


def judge_recording(heard: HeardRecording, calibration: Calibration) -> RecordingJudgement:
    """Judge what was heard.

    Args:
        heard: From `hear_recording`.
        calibration: Of the ears.

    Returns:
        The judgement.
    """
    sums = _sums(_by_voice(heard.weights * heard.nats), _by_voice(heard.weights))
    whole_s = heard.seconds
    seconds = [(float(k), min(k + 1.0, whole_s)) for k in range(int(np.ceil(whole_s)))]
    around = (WINDOW_S - 1.0) / 2.0
    rows = _stretches(sums, seconds, [(a - around, a + 1.0 + around) for a, _ in seconds],
                      calibration)  # fmt: skip
    spans = _utterances(heard.speech)
    total = _stretches(sums, [(0.0, whole_s)], [(0.0, whole_s)], calibration)[0]
    judged = [row for row in rows if row.judged]
    shares = np.array([row.speech_s for row in judged])
    scores = np.array([row.score for row in judged])
    score = float((shares * scores).sum() / shares.sum()) if judged else total.score
    return RecordingJudgement(
        whole=Stretch(0.0, whole_s, total.speech_s, score, total.lag_ms, total.confidence),
        seconds=rows,
        utterances=_stretches(sums, spans, spans, calibration),
        alarms=_alarms(_sums(heard.weights * heard.nats, heard.weights), calibration),
        drift=lag_drift(
            np.array([(row.start_s + row.end_s) / 2.0 for row in judged]),
            np.array([row.lag_ms for row in judged]),
            np.array([row.confidence for row in judged]),
        ),
        speech_s=float(heard.speech.sum()) / STEPS_PER_SECOND,
    )


def _by_voice(values: F32) -> F32:
    """Put what was compared at each lag where the voice said it, float32 [U, L]."""
    moved = np.zeros_like(values)
    for column, lag in enumerate(np.minimum(np.maximum(LAGS, 0), len(values))):
        moved[: len(values) - lag, column] = values[lag:, column]
    return moved


def _sums(nats: F32, weights: F32) -> NDArray[np.float64]:
    """Running sums from the beginning, [U + 1, 2, L]: those of a stretch are a difference."""
    sums = np.zeros((len(nats) + 1, 2, len(LAGS)))
    sums[1:, 0] = np.cumsum(nats, axis=0, dtype=np.float64)
    sums[1:, 1] = np.cumsum(weights, axis=0, dtype=np.float64)
    return sums


def _stretches(
    sums: NDArray[np.float64], spans: list[Span], heard: list[Span], calibration: Calibration
) -> tuple[Stretch, ...]:
    """Judge each of some stretches by what was heard in another, usually around it."""
    if not spans:
        return ()
    edges = np.clip(np.round(np.array(heard) * STEPS_PER_SECOND), 0, len(sums) - 1).astype(int)
    inside = sums[edges[:, 1]] - sums[edges[:, 0]]
    seconds = inside[:, 1].min(axis=1) / STEPS_PER_SECOND
    # A calibration knows windows: of a longer stretch the mean counts, as if of one full window.
    scale = np.minimum(1.0, WINDOW_S / np.maximum(seconds, 1e-6))
    found = judge((inside * scale[:, None, None]).astype(np.float32), calibration)
    return tuple(
        Stretch(start, end, float(length), float(score), float(lag), float(sure))
        for (start, end), length, score, lag, sure in zip(
            spans, seconds, found.score, found.lag_ms, found.confidence, strict=True
        )
    )


def _utterances(speech: F32) -> list[Span]:
    """Where somebody speaks, short pauses bridged, short noises left out."""
    edges = np.diff(np.concatenate([[0], speech > _SPEAKS, [0]]).astype(int))
    runs: list[tuple[int, int]] = []
    for start, end in zip(np.flatnonzero(edges > 0), np.flatnonzero(edges < 0), strict=True):
        if runs and start - runs[-1][1] < _PAUSE_STEPS:
            runs[-1] = (runs[-1][0], int(end))
        else:
            runs.append((int(start), int(end)))
    return [(a / STEPS_PER_SECOND, b / STEPS_PER_SECOND) for a, b in runs if b - a >= _LEAST_STEPS]


def _alarms(sums: NDArray[np.float64], calibration: Calibration) -> tuple[Alarm, ...]:
    """As live, hop by hop; after each alarm everything begins anew."""
    hops = np.diff(sums[::_HOP_STEPS], axis=0).astype(np.float32)
    gains, alarms = no_gains(1), []
    led, fitted = np.zeros(len(LAGS)), 0.0  # when each lag began to lead, when one last fitted
    for number, hop in enumerate(hops):
        before = number * _HOP_STEPS / STEPS_PER_SECOND
        led[gains[0, LEADS] == 0.0] = before
        fitted = before if (gains[0, SHORT] == 0.0).any() else fitted
        gains, raised = accumulate(gains, hop[None], calibration)
        lag = float(raised.lag_ms[0])
        if lag or raised.wrong[0]:
            since = led[gains[0, LEADS].argmax()] if lag else fitted
            at = (number + 1) * _HOP_STEPS / STEPS_PER_SECOND
            alarms.append(Alarm(float(since), at, at, lag))
            gains = no_gains(1)
    return _gathered(alarms)


def _gathered(alarms: list[Alarm]) -> tuple[Alarm, ...]:
    """Take alarms of the same kind that follow on each other as one."""
    gathered: list[Alarm] = []
    for alarm in alarms:
        last = gathered[-1] if gathered else None
        if last is None or not _goes_on(last, alarm):
            gathered.append(alarm)
        else:
            gathered[-1] = replace(last, until_s=alarm.at_s)
    return tuple(gathered)


def _goes_on(last: Alarm, alarm: Alarm) -> bool:
    alike = bool(last.lag_ms) == bool(alarm.lag_ms)
    near = abs(last.lag_ms - alarm.lag_ms) <= _SAME_LAG_MS
    return alike and near and alarm.since_s - last.until_s <= _SAME_FAULT_S
