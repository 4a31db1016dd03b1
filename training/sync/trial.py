"""Trials of a sync system: windows of evidence, alarms over time, what they are worth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.monitor.remedies import AGREEING_MS
from stream_engine.monitor.sync_evidence import MOST_LAG_STEPS, STEP_MS, STEPS_PER_SECOND
from stream_engine.monitor.sync_score import (
    HOP_FRAMES,
    LEAST_SPEECH_S,
    WINDOW_HOPS,
    Calibration,
    accumulate,
    features,
    hop_sums,
    no_gains,
)
from stream_engine.types import F32, MOTION_FPS

HOP_STEPS = 2 * HOP_FRAMES
HOP_S = HOP_FRAMES / MOTION_FPS
BEGUN_S = MOST_LAG_STEPS / STEPS_PER_SECOND
"""Of a recording that is not judged, because it has no past to be compared with."""


def hops_of(weights: F32, nats: F32) -> F32:
    """Sums of whole hops of a recording.

    Args:
        weights: From a `SyncSystem`, float32 [U, L].
        nats: Likewise.

    Returns:
        float32 [H, 2, L].
    """
    count = len(nats) // HOP_STEPS
    cut = (part[: count * HOP_STEPS].reshape(count, HOP_STEPS, -1) for part in (weights, nats))
    return hop_sums(*cut)


def windows_of(hops: F32) -> F32:
    """Sums of two seconds, one from each hop on, those with speech enough: float32 [W, 2, L]."""
    if len(hops) < WINDOW_HOPS:
        return np.zeros((0, *hops.shape[1:]), np.float32)
    stacked = np.lib.stride_tricks.sliding_window_view(hops, WINDOW_HOPS, axis=0).sum(axis=-1)
    enough = features(stacked)[3] >= LEAST_SPEECH_S
    chosen: F32 = stacked[enough]
    return chosen


@dataclass(frozen=True, slots=True)
class AlarmTimes:
    """When alarms were raised in one recording.

    Attributes:
        seconds: Of the recording there must have been, float64 [A].
        lag_ms: How late the mouth was said to be; 0 where it was said to say something else.
    """

    seconds: NDArray[np.float64]
    lag_ms: F32


def alarms_of(hops: F32, calibration: Calibration, delay_s: float = 0.0) -> AlarmTimes:
    """Run the alarms over a recording, by the rule of `monitor.remedies`; after each all is anew.

    A shift is only one if the last two seconds say the same.

    Args:
        hops: Of the recording, float32 [H, 2, L].
        calibration: Of the system.
        delay_s: Between a frame and what is heard in it.

    Returns:
        The alarms.
    """
    gains, window = no_gains(1), np.zeros_like(hops[:0])
    seconds, lags = [], []
    for number, hop in enumerate(hops):
        window = np.concatenate([window, hop[None]])[-WINDOW_HOPS:]
        gains, alarms = accumulate(gains, hop[None], calibration)
        lag_ms, wrong = float(alarms.lag_ms[0]), bool(alarms.wrong[0])
        if wrong or (lag_ms and _borne_out(lag_ms, window)):
            seconds.append(BEGUN_S + (number + 1) * HOP_S + delay_s)
            lags.append(lag_ms)
            gains, window = no_gains(1), window[:0]
    return AlarmTimes(np.array(seconds), np.array(lags, np.float32))


def _borne_out(lag_ms: float, window: F32) -> bool:
    _, _, lag, speech_s = features(window.sum(axis=0)[None])
    agree = abs(float(lag[0]) * STEP_MS - lag_ms) <= AGREEING_MS
    return agree and bool(speech_s[0] >= LEAST_SPEECH_S)


def auc(good: NDArray[np.floating], bad: NDArray[np.floating]) -> float:
    """Chance that a good one scores higher than a bad one; ties count half.

    Args:
        good: Scores of windows in sync, [N].
        bad: Of faulty ones, [M].

    Returns:
        0..1; NaN if there are none.
    """
    if not len(good) or not len(bad):
        return float("nan")
    ranks = np.empty(len(good) + len(bad))
    joined = np.concatenate([good, bad])
    order = joined.argsort(kind="stable")
    ordered = joined[order]
    _, first, counts = np.unique(ordered, return_index=True, return_counts=True)
    ranks[order] = np.repeat(first + (counts + 1) / 2.0, counts)
    wins = ranks[: len(good)].sum() - len(good) * (len(good) + 1) / 2.0
    return float(wins / (len(good) * len(bad)))
