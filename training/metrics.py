"""Lip metrics, each a pure function of two tracks.

LVE is rooted (mm); PCC and CCC are per clip over time, then averaged; silence counts unless a mask
of words is given.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class LipScores:
    """Scores of one way of making motion, averaged over clips.

    Attributes:
        gap_pcc: Pearson r of the lip gap.
        width_pcc: Pearson r of the lip width.
        gap_pcc_words: The same inside words only.
        width_pcc_words: The same inside words only.
        lip_pcc: Pearson r per coordinate of every lip point, averaged.
        lip_ccc: Concordance, likewise.
        lve_mm: Mean over frames of the largest lip-point error.
        dtw_mm: Dynamic-time-warping cost of the lip gap per frame.
        mod_mm: Mean absolute difference of the lip gap.
    """

    gap_pcc: float
    width_pcc: float
    gap_pcc_words: float
    width_pcc_words: float
    lip_pcc: float
    lip_ccc: float
    lve_mm: float
    dtw_mm: float
    mod_mm: float


@dataclass(frozen=True, slots=True)
class LipTrack:
    """What is scored of a set of clips.

    Attributes:
        gap: Lip gap in mm, [M, T].
        width: Lip width in mm, [M, T].
        points: Lip points in mm, [M, T, P, 3].
    """

    gap: Floats
    width: Floats
    points: Floats


def pearson(a: Floats, b: Floats) -> float:
    """Pearson r of two tracks [T]; 0 where one does not move."""
    x, y = a - a.mean(), b - b.mean()
    scale = np.sqrt((x**2).sum() * (y**2).sum())
    return float((x * y).sum() / scale) if scale > _TINY else 0.0


def concordance(a: Floats, b: Floats) -> Floats:
    """Lin's concordance 2 cov / (var + var + (mean difference)²) over the first axis, [...]."""
    x, y = a - a.mean(axis=0), b - b.mean(axis=0)
    apart = (a.mean(axis=0) - b.mean(axis=0)) ** 2
    total = (x**2).mean(axis=0) + (y**2).mean(axis=0) + apart
    ccc: Floats = 2 * (x * y).mean(axis=0) / np.maximum(total, _TINY)
    return ccc


def pearson_columns(a: Floats, b: Floats) -> Floats:
    """Pearson r over the first axis, [...]; 0 where one does not move."""
    x, y = a - a.mean(axis=0), b - b.mean(axis=0)
    scale = np.sqrt((x**2).sum(axis=0) * (y**2).sum(axis=0))
    r: Floats = np.where(scale > _TINY, (x * y).sum(axis=0) / np.maximum(scale, _TINY), 0.0)
    return r


def warping_table(a: Floats, b: Floats) -> Floats:
    """Cheapest cost of aligning every start of ``a`` with every start of ``b``, [T + 1, T + 1]."""
    cost = np.abs(a[:, None] - b[None, :])
    total = np.full((len(a) + 1, len(b) + 1), np.inf)
    total[0, 0] = 0.0
    for i in range(len(a)):
        for j in range(len(b)):
            best = min(total[i, j], total[i, j + 1], total[i + 1, j])
            total[i + 1, j + 1] = cost[i, j] + best
    return total


def warping_cost(a: Floats, b: Floats) -> float:
    """Cost of the best monotone alignment of two tracks [T], per frame of the first."""
    return float(warping_table(a, b)[-1, -1] / len(a))


def score(predicted: LipTrack, real: LipTrack, speaking: NDArray[np.bool_]) -> LipScores:
    """Score a set of clips.

    Args:
        predicted: What a model made.
        real: What was recorded.
        speaking: Inside a word, bool [M, T].

    Returns:
        Means over clips.
    """
    rows = []
    for index, words in enumerate(speaking):
        gap, true_gap = predicted.gap[index], real.gap[index]
        width, true_width = predicted.width[index], real.width[index]
        points, true_points = predicted.points[index], real.points[index]
        distance = np.linalg.norm(points - true_points, axis=-1)  # [T, P]
        rows.append(
            (
                pearson(gap, true_gap),
                pearson(width, true_width),
                pearson(gap[words], true_gap[words]),
                pearson(width[words], true_width[words]),
                pearson_columns(points, true_points).mean(),
                concordance(points, true_points).mean(),
                distance.max(axis=1).mean(),
                warping_cost(gap, true_gap),
                np.abs(gap - true_gap).mean(),
            )
        )
    return LipScores(*(float(value) for value in np.mean(rows, axis=0)))
