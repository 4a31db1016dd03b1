"""Fits a `Calibration` on evidence of faults that are known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stream_engine.monitor.sync_evidence import LAGS, STEP_MS
from stream_engine.monitor.sync_score import (
    LEADS,
    SHORT,
    Calibration,
    accumulate,
    features,
    no_gains,
    over_all_lags,
)
from stream_engine.types import F32
from training.sync.trial import HOP_S, alarms_of, windows_of
from training.sync.tried import IN_SYNC, LAG_OF, OTHER_WORDS, SOON_S, Hops, Planted

MARGIN, WRONG_MARGIN = 1.25, 1.5
"""How far alarms of a shift, and of wrong words, stand above the sum that healthy faces reach once
an hour: voices differ more in how well a face fits them than in where it does."""

NO_FAULT = {"+40 ms", "-40 ms", "damped", "exaggerated", "noisy"}
"""Neither in sync nor out of it: the score is not fitted on them."""

_RIGHT_MS, _LEAST_THRESHOLD = 40.0, 1.0
_ROUNDS, _RIDGE = 50, 1e-2
_SLACKS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
_EXPECTED = (0.2, 0.25, 0.3, 0.325, 0.35, 0.375, 0.4, 0.45, 0.5, 0.6)
_AS_GOOD = 0.01
"""Less found than the most is as good, if less has to be expected of a face for it."""

Weights4 = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of one system.

    Attributes:
        faces: Hops by fault, a set for each kind of face (recorded, made), which count alike.
        healthy: Hops of streams that are right.
        planted: Streams in which a fault begins, by fault.
    """

    faces: Sequence[Mapping[str, Hops]]
    healthy: Hops
    planted: Mapping[str, Sequence[Planted]]


def fit_logistic(x: F32, yes: NDArray[np.bool_], weight: NDArray[np.floating]) -> Weights4:
    """Log odds as a weighted sum, by Newton's method, with a small pull towards 0.

    Args:
        x: float32 [N, 4], the first column 1.
        yes: What is to be told, bool [N].
        weight: Of each row, [N].

    Returns:
        Weights of the columns.
    """
    middle, spread = x[:, 1:].mean(axis=0), np.maximum(x[:, 1:].std(axis=0), 1e-3)
    z = np.concatenate([np.ones((len(x), 1)), (x[:, 1:] - middle) / spread], axis=1)
    share, beta = weight / weight.sum(), np.zeros(4)
    pull = _RIDGE * np.array([0.0, 1.0, 1.0, 1.0])
    for _ in range(_ROUNDS):
        p = 1.0 / (1.0 + np.exp(-np.clip(z @ beta, -30.0, 30.0)))
        slope = z.T @ (share * (p - yes)) + pull * beta
        bend = (z * (share * p * (1.0 - p))[:, None]).T @ z + np.diag(pull + 1e-6)
        step = np.linalg.solve(bend, slope)
        beta = beta - step * min(1.0, 5.0 / np.abs(step).max())
    plain = beta[1:] / spread
    first = float(beta[0] - plain @ middle)
    return (first, float(plain[0]), float(plain[1]), float(plain[2]))


def fit_in_sync(faces: Sequence[Mapping[str, Hops]]) -> Weights4:
    """Windows in sync against faulty ones; each side, and each kind of face, counts alike."""
    rows, yes, weight = [], [], []
    for kind in faces:
        good = _windows(kind[IN_SYNC])
        bad = [_windows(kind[f]) for f in kind if f != IN_SYNC and f not in NO_FAULT]
        for windows, right in ((good, True), (np.concatenate(bad), False)):
            rows.append(features(windows)[0])
            yes.append(np.full(len(windows), right))
            weight.append(np.full(len(windows), 1.0 / max(len(windows), 1)))
    return fit_logistic(np.concatenate(rows), np.concatenate(yes), np.concatenate(weight))


def fit_located(faces: Sequence[Mapping[str, Hops]]) -> Weights4:
    """Windows whose best lag is right to 40 ms against all others, nonsense among these."""
    rows, yes, weight = [], [], []
    for kind in faces:
        nonsense = [f for f in (OTHER_WORDS, "frozen", "scrambled") if f in kind]
        for names, lost in (([f for f in LAG_OF if f in kind], False), (nonsense, True)):
            found = [(features(_windows(kind[f])), LAG_OF.get(f, 0)) for f in names]
            right = [np.abs(lag * STEP_MS - ms) <= _RIGHT_MS for (_, _, lag, _), ms in found]
            rows += [place for (_, place, _, _), _ in found]
            yes += [r & (not lost) for r in right]
            count = sum(map(len, right))
            weight += [np.full(len(r), 1.0 / count) for r in right]
    return fit_logistic(np.concatenate(rows), np.concatenate(yes), np.concatenate(weight))


def peaks(healthy: Hops, calibration: Calibration) -> NDArray[np.floating]:
    """The largest sum for a shift, and for wrong words, that each stream reaches, [M, 2]."""
    never = replace(calibration, shifted=np.inf, wrong=np.inf)
    longest = max(map(len, healthy))
    padded = np.zeros((len(healthy), longest, 2, len(LAGS)), np.float32)
    for row, hops in enumerate(healthy):
        padded[row, : len(hops)] = hops
    gains = no_gains(len(healthy))
    top = np.zeros((len(healthy), 2))
    for number in range(longest):
        gains, _ = accumulate(gains, padded[:, number], never)
        now = np.stack([gains[:, LEADS].max(axis=1), gains[:, SHORT].min(axis=1)], axis=1)
        top = np.maximum(top, now)
    return top


def thresholds(healthy: Hops, calibration: Calibration) -> tuple[float, float]:
    """Above what healthy streams reach once an hour; never so low that nothing passes it."""
    hours = sum(map(len, healthy)) * HOP_S / 3600
    reached = np.sort(peaks(healthy, calibration), axis=0)[::-1]
    hourly = reached[min(int(hours), len(reached) - 1)]
    shifted, wrong = np.maximum(np.array([MARGIN, WRONG_MARGIN]) * hourly, _LEAST_THRESHOLD)
    return float(shifted), float(wrong)


def found_soon(planted: Sequence[Planted], calibration: Calibration) -> float:
    """Share of faults that are found within `SOON_S`."""
    soon = [
        bool(((since > 0) & (since <= SOON_S)).any())
        for stream in planted
        for since in [alarms_of(stream.hops, calibration).seconds - stream.onset_s]
    ]
    return float(np.mean(soon))


def fit_alarms(evidence: Evidence, start: Calibration) -> Calibration:
    """The least expectation and slack that find nearly most soon, thresholds by `thresholds`."""
    never = replace(start, shifted=np.inf, wrong=np.inf)
    shifts = [s for f in evidence.planted if f in LAG_OF for s in evidence.planted[f]]
    wrong = [s for f in evidence.planted if f not in LAG_OF for s in evidence.planted[f]]
    usual, tried = usual_level(evidence.faces), []
    for share in _EXPECTED:
        one = replace(never, expected=share * usual)
        one = replace(one, wrong=thresholds(evidence.healthy, one)[1])
        tried.append((found_soon(wrong, one), one))
    expecting, tried = _least_good(tried), []
    for slack in _SLACKS:
        one = replace(expecting, slack=slack, wrong=np.inf)
        one = replace(one, shifted=thresholds(evidence.healthy, one)[0])
        tried.append((found_soon(shifts, one), one))
    return replace(_least_good(tried), wrong=expecting.wrong)


def _least_good(tried: Sequence[tuple[float, Calibration]]) -> Calibration:
    """The first that finds as much as any, but for `_AS_GOOD`."""
    most = max(found for found, _ in tried)
    return next(one for found, one in tried if found >= most - _AS_GOOD)


def fit(evidence: Evidence) -> Calibration:
    """Fit everything."""
    start = Calibration(
        in_sync=fit_in_sync(evidence.faces), located=fit_located(evidence.faces),
        slack=0.0, shifted=0.0, expected=0.0, wrong=0.0,
    )  # fmt: skip
    return fit_alarms(evidence, start)


def usual_level(faces: Sequence[Mapping[str, Hops]]) -> float:
    """Best evidence over that of all lags in a window of a face that is right, typically; nats."""
    levels = []
    for kind in faces:
        windows = _windows(kind[IN_SYNC])
        steps = np.maximum(windows[:, 1].mean(axis=1), 1e-6)
        levels.append(float(np.median(over_all_lags(windows).max(axis=1) / steps)))
    return float(np.mean(levels))


def _windows(hops: Hops) -> F32:
    return np.concatenate([windows_of(one) for one in hops])
