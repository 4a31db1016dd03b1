"""What judgements and alarms are worth, with intervals."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.monitor.sync_evidence import STEP_MS
from stream_engine.monitor.sync_score import Calibration, features
from stream_engine.types import F32
from training.evaluation.intervals import Interval, draw_counts
from training.sync.fitting import NO_FAULT
from training.sync.trial import HOP_S, alarms_of, windows_of
from training.sync.tried import IN_SYNC, LAG_OF, SOON_S, Hops, Planted

_EDGES = (2.5, 97.5)
_BINS = 10
_ENOUGH_SPEECH_S = 1.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Detection:
    """Of one fault that begins in streams.

    Attributes:
        soon: Share found within `SOON_S`, by Wilson's interval.
        soon_spoken: The same of those with a second of speech in that time.
        median_s: Until it is found; infinite if most are not.
        p95_s: The same, of all but the slowest twentieth.
    """

    soon: Interval
    soon_spoken: Interval
    median_s: float
    p95_s: float


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """On streams that are right.

    Attributes:
        count: Alarms.
        hours: Listened to.
        per_hour: Their rate, with an exact Poisson interval.
    """

    count: int
    hours: float
    per_hour: Interval


@dataclass(frozen=True, slots=True)
class LagError:
    """Of windows of mouths that are late or early by a known time.

    Attributes:
        median_ms: Of the size of the error, with a bootstrap interval over faces.
        p95_ms: Of the same.
        bias_ms: Median of the error itself: late above 0.
    """

    median_ms: Interval
    p95_ms: float
    bias_ms: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """How often what is called likely is so; both sides count alike.

    Attributes:
        said: Mean score in each bin that has any, [B].
        true: Share in sync in it, [B].
        share: Of all windows that are in it, [B].
        error: Expected calibration error.
        brier: Mean squared error of the score.
    """

    said: list[float]
    true: list[float]
    share: list[float]
    error: float
    brier: float


def log_odds(hops: F32, calibration: Calibration) -> Floats:
    """Of being in sync, of every window of a recording that can be judged, [W]."""
    windows = windows_of(hops)
    odds: Floats = (features(windows)[0] @ np.array(calibration.in_sync)).astype(np.float64)
    return odds


def detection(planted: Sequence[Planted], calibration: Calibration, delay_s: float) -> Detection:
    """How soon a fault is found.

    Args:
        planted: Streams in which it begins.
        calibration: Of the system.
        delay_s: Between a frame and what is heard in it.

    Returns:
        Shares and times; an alarm before the fault does not find it.
    """
    times = []
    for stream in planted:
        since = alarms_of(stream.hops, calibration, delay_s).seconds - stream.onset_s
        times.append(min(since[since > 0], default=math.inf))
    took = np.array(times)
    spoken = np.array([stream.speech_s >= _ENOUGH_SPEECH_S for stream in planted], bool)
    soon = took <= SOON_S
    median, p95 = np.quantile(took, (0.5, 0.95), method="higher") if len(took) else (math.nan,) * 2
    return Detection(share_of(soon), share_of(soon[spoken]), float(median), float(p95))


def share_of(hits: NDArray[np.bool_]) -> Interval:
    """A share with Wilson's 95 % interval."""
    count, z = len(hits), 1.959964
    if not count:
        return Interval(math.nan, math.nan, math.nan, 0)
    share = float(hits.mean())
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2)) * z / (1 + z**2 / count)
    return Interval(share, max(middle - half, 0.0), min(middle + half, 1.0), count)


def false_alarms(healthy: Hops, calibration: Calibration) -> FalseAlarms:
    """Count alarms where nothing is wrong."""
    count = sum(len(alarms_of(hops, calibration).seconds) for hops in healthy)
    hours = sum(map(len, healthy)) * HOP_S / 3600
    return FalseAlarms(count if hours else 0, hours, alarm_rate(count, hours, len(healthy)))


def alarm_rate(count: int, hours: float, streams: int) -> Interval:
    """Alarms an hour, with an exact Poisson interval.

    Args:
        count: Of alarms.
        hours: Listened to.
        streams: How many recordings that were.

    Returns:
        The rate; not known of no time.
    """
    from scipy.stats import chi2

    if not hours:
        return Interval(math.nan, math.nan, math.nan, 0)
    low = float(chi2.ppf(0.025, 2 * count)) / 2 / hours if count else 0.0
    high = float(chi2.ppf(0.975, 2 * count + 2)) / 2 / hours
    return Interval(count / hours, low, high, streams)


def lag_error(tried: Mapping[str, Hops]) -> LagError:
    """How far the best lag of a window is from the truth."""
    by_face: list[list[Floats]] = [[] for _ in tried[IN_SYNC]]
    for fault, late_ms in LAG_OF.items():
        for k, hops in enumerate(tried[fault]):
            lag = features(windows_of(hops))[2].astype(np.float64) * STEP_MS
            by_face[k].append(lag - late_ms)
    errors = [np.concatenate(face) for face in by_face]
    every = np.concatenate(errors)
    if not len(every):
        return LagError(Interval(math.nan, math.nan, math.nan, 0), math.nan, math.nan)
    order = np.abs(every).argsort()
    owner = np.concatenate([np.full(len(e), k) for k, e in enumerate(errors)])[order]
    size = np.abs(every)[order]
    cover = draw_counts(len(errors))[:, owner].cumsum(axis=1)
    drawn = size[(cover >= cover[:, -1:] / 2).argmax(axis=1)]
    low, high = (float(v) for v in np.percentile(drawn, _EDGES))
    median = Interval(float(np.median(size)), low, high, len(errors))
    return LagError(median, float(np.quantile(size, 0.95)), float(np.median(every)))


def reliability(tried: Mapping[str, Hops], calibration: Calibration) -> Reliability:
    """Scores of windows in sync and of faulty ones, by what share of them is in sync."""
    good = np.concatenate([log_odds(hops, calibration) for hops in tried[IN_SYNC]])
    bad = np.concatenate(
        [
            log_odds(hops, calibration)
            for fault, some in tried.items()
            if fault != IN_SYNC and fault not in NO_FAULT
            for hops in some
        ]
    )
    if not len(good) or not len(bad):
        return Reliability([], [], [], math.nan, math.nan)
    odds = np.clip(np.concatenate([good, bad]), -30.0, 30.0)
    score, true = 1.0 / (1.0 + np.exp(-odds)), np.arange(len(odds)) < len(good)
    weight = np.where(true, 0.5 / len(good), 0.5 / len(bad))
    bins = np.minimum((score * _BINS).astype(int), _BINS - 1)
    share, said, right = (
        np.bincount(bins, weight * values, _BINS) for values in (np.ones(len(odds)), score, true)
    )
    used = share > 0
    said[used], right[used] = said[used] / share[used], right[used] / share[used]
    error = float((share * np.abs(said - right)).sum())
    brier = float((weight * (score - true) ** 2).sum())
    said_, right_, share_ = (v[used].tolist() for v in (said, right, share))
    return Reliability(said_, right_, share_, error, brier)


def roc(good: Floats, bad: Floats) -> tuple[Floats, Floats]:
    """Share of faulty windows let through, and of right ones, as the threshold falls, [N] each."""
    edges = np.unique(np.concatenate([good, bad, [np.inf]]))[::-1]
    passed = [1.0 - np.searchsorted(np.sort(v), edges) / len(v) for v in (bad, good)]
    return np.append(passed[0], 1.0), np.append(passed[1], 1.0)


def judged_share(hops: Hops) -> Interval:
    """Windows with enough speech to judge, of all there are."""
    hits = []
    for one in hops:
        total = max(len(one) - 4, 0)
        known = len(windows_of(one))
        hits += [True] * known + [False] * (total - known)
    return share_of(np.array(hits, bool))
