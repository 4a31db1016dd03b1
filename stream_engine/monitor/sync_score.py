"""From evidence to a judgement: score, lag, confidence; and alarms, by sums that only faults grow.

A hop of evidence is summed at each lag. The last `WINDOW_HOPS` of them are a curve, whose shape
gives the judgement. Alarms do not wait for windows: at every lag run two cumulative sums (Page
1954), of how much better it fits than the lag in force, and of how far it falls short of what a
face reaches where it says these words. A shift is a lag that leads; other words are words of which
every lag has fallen short. Both weigh a lag against what the same face reaches at any: how clearly
somebody is heard, or speaks, moves all lags alike.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.monitor.sync_evidence import LAGS, STEP_MS, STEPS_PER_SECOND
from stream_engine.types import F32

HOP_FRAMES = 10
"""Frames that are judged at a time: 400 ms."""

WINDOW_HOPS = 5
"""Hops of a judgement: two seconds."""

IN_SYNC_STEPS = 2
"""Lags up to 40 ms are nobody's business: the sync of the recordings is no better."""

LEAST_SPEECH_S = 0.6
"""With less speech in a window there is nothing to judge."""

MOST_SHORT = 1.4
"""Of the sum that is certain: further no lag falls short, so one that fits from now on is believed
soon, and a mouth that is late is not taken for one that says something else."""

FORGOTTEN = 0.2
"""Of the sums in a hop in which nobody speaks."""

LEADS, SHORT = 0, 1
"""Rows of the sums of `accumulate`."""

_HOP_STEPS = 2 * HOP_FRAMES
_APART_STEPS = 4
"""A lag so far from the best is another one."""

_CENTRE_STEPS = 1
"""Alarms weigh lags that are another one against these: a lag of 50 ms is as near to either."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What turns the evidence of one kind of ear into a judgement, fitted once on known faults.

    Attributes:
        in_sync: Weights of 1, evidence in sync, its lead over other lags, and the square root of
            the seconds of speech: the log odds of a face in sync with these words. float32 [4].
        located: The same of the best lag, wherever it is: the log odds of its being right.
        slack: Nats a step of speech that a lag must fit better than none.
        shifted: Sum at which a shift is certain, nats.
        expected: Nats a step over its mean of all lags that a face reaches at the lag at which it
            says these words, at least.
        wrong: Sum of what every lag falls short of that at which it is certain that it says
            something else, nats.
    """

    in_sync: tuple[float, float, float, float]
    located: tuple[float, float, float, float]
    slack: float
    shifted: float
    expected: float
    wrong: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """Of B windows; where ``seconds`` is below `LEAST_SPEECH_S` the rest means nothing.

    Attributes:
        score: How sure it is that the face says what the voice says, now, 0..1; float32 [B].
        lag_ms: How late the mouth is, early below 0; float32 [B].
        confidence: How sure it is that the lag is right to 40 ms, 0..1; float32 [B].
        seconds: Of speech that was judged; float32 [B].
    """

    score: F32
    lag_ms: F32
    confidence: F32
    seconds: F32

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Where there was enough to judge, bool [B]."""
        enough: NDArray[np.bool_] = self.seconds >= LEAST_SPEECH_S
        return enough


@dataclass(frozen=True, slots=True)
class Alarms:
    """Of B sessions.

    Attributes:
        lag_ms: How late the mouth surely is; 0 for no alarm. float32 [B].
        wrong: It surely says something else, bool [B].
    """

    lag_ms: F32
    wrong: NDArray[np.bool_]


def hop_sums(weights: F32, nats: F32) -> F32:
    """Sum evidence and weights over steps.

    Args:
        weights: float32 [B, U, L].
        nats: float32 [B, U, L].

    Returns:
        Evidence, then seconds of speech times steps: float32 [B, 2, L].
    """
    return np.stack([(weights * nats).sum(axis=1), weights.sum(axis=1)], axis=1)


def features(sums: F32) -> tuple[F32, F32, F32, F32]:
    """What a calibration weighs.

    Args:
        sums: Of a window, float32 [B, 2, L].

    Returns:
        For sync and for the best lag, float32 [B, 4] each; the best lag in steps and seconds of
        speech, float32 [B] each.
    """
    mean = sums[:, 0] / np.maximum(sums[:, 1], 1e-6)
    seconds: F32 = sums[:, 1].min(axis=1) / STEPS_PER_SECOND
    here = np.abs(LAGS) <= IN_SYNC_STEPS
    inside, outside = mean[:, here].max(axis=1), mean[:, np.abs(LAGS) >= _APART_STEPS].max(axis=1)
    best = mean.argmax(axis=1)
    far = np.abs(LAGS[None] - LAGS[best][:, None]) >= _APART_STEPS
    rest = np.where(far, mean, -np.inf).max(axis=1)
    peak = mean.max(axis=1)
    one, length = np.ones_like(peak), np.sqrt(seconds)
    sync: F32 = np.stack([one, inside, inside - outside, length], axis=1).astype(np.float32)
    place: F32 = np.stack([one, peak, peak - rest, length], axis=1).astype(np.float32)
    return sync, place, _refined(mean, best), seconds


def judge(sums: F32, calibration: Calibration) -> Judgement:
    """Judge windows.

    Args:
        sums: float32 [B, 2, L], `hop_sums` added up.
        calibration: Of the ears that gave the evidence.

    Returns:
        The judgement.
    """
    sync, place, lag, seconds = features(sums)
    score = _odds(sync @ np.array(calibration.in_sync, np.float32))
    confidence = _odds(place @ np.array(calibration.located, np.float32))
    lag_ms: F32 = (lag * STEP_MS).astype(np.float32)
    return Judgement(score, lag_ms, confidence, seconds)


def accumulate(gains: F32, sums: F32, calibration: Calibration) -> tuple[F32, Alarms]:
    """Add one hop to the sums that only faults grow.

    Args:
        gains: So far, from `no_gains` on, float32 [B, 2, L]: how much each lag leads, and how far
            it falls short.
        sums: Of the hop, float32 [B, 2, L].
        calibration: Of the ears.

    Returns:
        The new sums; what is certain now.
    """
    here, apart = np.abs(LAGS) <= _CENTRE_STEPS, np.abs(LAGS) >= _APART_STEPS
    over, weights = over_all_lags(sums), sums[:, 1]
    steps = weights.mean(axis=1, keepdims=True)
    # A face that says something else fits no lag; the least bad of them is not where it is.
    none = np.maximum(over[:, here].max(axis=1, keepdims=True), calibration.expected * steps)
    lead = over - none - calibration.slack * steps
    short = calibration.expected * weights - over
    # What was taken for speech, but is a sound now and then, must not add up for ever.
    kept = 1.0 - FORGOTTEN * (1.0 - np.minimum(steps / _HOP_STEPS, 1.0))
    gains = np.maximum(gains * kept[:, None] + np.stack([lead, short], axis=1), 0.0)
    gains = gains.astype(np.float32)
    gains[:, LEADS][:, ~apart] = 0.0
    gains[:, SHORT] = np.minimum(gains[:, SHORT], MOST_SHORT * calibration.wrong)
    best = gains[:, LEADS].argmax(axis=1)
    certain = gains[np.arange(len(gains)), LEADS, best] > calibration.shifted
    lag_ms: F32 = np.where(certain, LAGS[best] * STEP_MS, 0).astype(np.float32)
    return gains, Alarms(lag_ms, gains[:, SHORT].min(axis=1) > calibration.wrong)


def no_gains(batch: int) -> F32:
    """Where `accumulate` begins, float32 [B, 2, L]."""
    return np.zeros((batch, 2, len(LAGS)), np.float32)


def over_all_lags(sums: F32) -> F32:
    """Evidence over what it is at all lags together: 0 on average where nothing fits.

    Args:
        sums: Of a hop or a window, float32 [B, 2, L].

    Returns:
        Nats, float32 [B, L].
    """
    nats, weights = sums[:, 0], sums[:, 1]
    total = np.maximum(weights.sum(axis=1, keepdims=True), 1e-6)
    over: F32 = nats - nats.sum(axis=1, keepdims=True) / total * weights
    return over


def _refined(mean: NDArray[np.floating], best: NDArray[np.intp]) -> F32:
    """The best lag between steps, by a parabola through its neighbours, float32 [B]."""
    rows, middle = np.arange(len(mean)), np.clip(best, 1, mean.shape[1] - 2)
    before, at, after = (mean[rows, middle + k] for k in (-1, 0, 1))
    bend = before - 2 * at + after
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.where(bend < 0, 0.5 * (before - after) / bend, 0.0)
    inner = best == middle
    refined: F32 = (LAGS[best] + np.where(inner, np.clip(off, -0.5, 0.5), 0.0)).astype(np.float32)
    return refined


def _odds(log_odds: F32) -> F32:
    share: F32 = (1.0 / (1.0 + np.exp(-np.clip(log_odds, -30.0, 30.0)))).astype(np.float32)
    return share
