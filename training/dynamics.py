"""Metrics of how the face moves: timing of extrema, liveliness, stillness, joins.

Each is a pure function; forms as in the literature named beside them.
"""

import numpy as np
from numpy.typing import NDArray

from stream_engine.types import MOTION_FPS
from training.metrics import Floats, pearson, warping_table

_SMOOTHING_FRAMES = 2.0
_MILLISECONDS = 1000.0


def smoothed(track: Floats) -> Floats:
    """Gaussian-smooth a track [T], σ 2 frames."""
    at = np.arange(-6, 7)
    kernel = np.exp(-0.5 * (at / _SMOOTHING_FRAMES) ** 2)
    padded = np.pad(track, 6, mode="edge")
    smooth: Floats = np.convolve(padded, kernel / kernel.sum(), mode="valid")
    return smooth


def extrema(track: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Frames of the maxima and of the minima of a track [T]."""
    slope = np.sign(np.diff(track))
    turn = np.diff(slope)
    return np.nonzero(turn < 0)[0] + 1, np.nonzero(turn > 0)[0] + 1


def alignment(a: Floats, b: Floats) -> NDArray[np.int64]:
    """Frame of ``b`` that each frame of ``a`` is warped to (DTW), int64 [T]."""
    total = warping_table(a, b)
    i, j, mapped = len(a), len(b), np.zeros(len(a), np.int64)
    while i > 0 and j > 0:
        mapped[i - 1] = j - 1
        before = (total[i - 1, j - 1], total[i - 1, j], total[i, j - 1])
        move = int(np.argmin(before))
        i, j = i - (move != 2), j - (move != 1)
    return mapped


def extremum_lag_ms(predicted: Floats, real: Floats) -> float:
    """Mean distance in time of matching turns of the lip gap (MTM).

    Both are smoothed, aligned by DTW of their derivatives, and each turn of the real track is
    paired with the nearest turn of the same kind to where it is warped to.

    Args:
        predicted: Lip gap [T].
        real: Lip gap [T].

    Returns:
        Mean absolute lag in ms; NaN if there is nothing to pair.
    """
    a, b = smoothed(real), smoothed(predicted)
    mapped = alignment(np.diff(a), np.diff(b))
    lags = []
    for of_real, of_predicted in zip(extrema(a), extrema(b), strict=True):
        if not len(of_predicted):
            continue
        for frame in of_real:
            aim = mapped[min(frame, len(mapped) - 1)]
            nearest = of_predicted[np.argmin(np.abs(of_predicted - aim))]
            lags.append(abs(int(nearest) - int(frame)))
    return float(np.mean(lags)) * _MILLISECONDS / MOTION_FPS if lags else float("nan")


def upper_face_liveliness(points: Floats) -> Floats:
    """Spread over time of the squared distance from neutral, per point: [M, T, P, 3] to [M, P]."""
    squared = (points**2).sum(axis=-1)
    spread: Floats = squared.std(axis=1)
    return spread


def dynamics_deviation(predicted: Floats, real: Floats) -> float:
    """Upper-face dynamics deviation (FDD), mm²: real spread less predicted; 0 is best."""
    return float((upper_face_liveliness(real) - upper_face_liveliness(predicted)).mean())


def diversity(samples: Floats) -> float:
    """Mean pairwise distance of samples of the same speech, per point, mm.

    Args:
        samples: Points of S samples, [S, M, T, P, 3].

    Returns:
        Mean over pairs, clips, frames and points.
    """
    pairs = [
        np.linalg.norm(samples[i] - samples[j], axis=-1).mean()
        for i in range(len(samples))
        for j in range(i)
    ]
    return float(np.mean(pairs))


def loudness_follows_lips(loudness: Floats, gap: Floats) -> float:
    """Do loud clips have lively lips (SLCC): r over clips of mean loudness and lip-gap spread."""
    return pearson(loudness.mean(axis=1), gap.std(axis=1))


def silence_stability(gap: Floats, speaking: NDArray[np.bool_]) -> float:
    """Spread of the lip gap before the first word, mm, averaged over clips [M, T]; NaN if none."""
    spreads = []
    for track, words in zip(gap, speaking, strict=True):
        silent = int(np.argmax(words))
        if silent > 5:
            spreads.append(track[: silent - 2].std())
    return float(np.mean(spreads)) if spreads else float("nan")


def join_jump(coefficients: Floats, hop_frames: int) -> float:
    """Speed at window joins over speed elsewhere; 1 is seamless. [M, T, D].

    With a hop of one frame every frame is a join, so there is nothing to compare: NaN.
    """
    if hop_frames == 1:
        return float("nan")
    speed = np.abs(np.diff(coefficients, axis=1)).mean(axis=(0, 2))
    at = np.arange(1, len(speed) + 1) % hop_frames == 0
    return float(speed[at].mean() / speed[~at].mean())
