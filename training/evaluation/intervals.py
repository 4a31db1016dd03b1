"""Bootstrap intervals over clips: how far a mean may be from that of all such clips.

Clips are drawn again with replacement and the figure is taken anew; the interval holds the middle
95 % of what comes out. The same draw serves all metrics and both sides of a comparison.

Source: Efron 1979 (percentile form).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation.metrics import ClipScores
from training.evaluation.over_frames import Floats

DRAWS, SEED = 2000, 0
_EDGES = (2.5, 97.5)
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over clips and where it may lie.

    Attributes:
        mean: Over the clips that have a value; NaN if none has.
        low: 2.5th percentile of the bootstrap; NaN below two clips.
        high: 97.5th percentile.
        clips: How many clips have a value.
    """

    mean: float
    low: float
    high: float
    clips: int


def draw_counts(clips: int, seed: int = SEED) -> NDArray[np.int64]:
    """How often each clip is in each bootstrap draw, int64 [R, M]."""
    return np.random.default_rng(seed).multinomial(clips, np.full(clips, 1 / clips), size=DRAWS)


def summarise(scores: ClipScores, seed: int = SEED) -> dict[str, Interval]:
    """Mean and interval of every metric.

    Args:
        scores: One value per clip, [M], by metric; NaN where a clip has none.
        seed: Seed of the draws.

    Returns:
        Interval by metric.
    """
    counts = draw_counts(len(next(iter(scores.values()))), seed)
    return {name: _interval(values, counts) for name, values in scores.items()}


def paired_gain(first: ClipScores, second: ClipScores, seed: int = SEED) -> dict[str, Interval]:
    """How much higher the first system scores than the second on the same clips.

    Args:
        first: Scores of one system.
        second: Scores of another, of the same clips in the same order.
        seed: Seed of the draws.

    Returns:
        Interval of the difference by metric both have; one that leaves out 0 is a difference.
    """
    shared: ClipScores = {name: first[name] - second[name] for name in first if name in second}
    return summarise(shared, seed)


def paired_ratio(first: ClipScores, second: ClipScores, seed: int = SEED) -> dict[str, Interval]:
    """Mean of the first system's scores over that of the second's, on the same clips.

    Args:
        first: Scores of one system.
        second: Scores of another, of the same clips in the same order.
        seed: Seed of the draws.

    Returns:
        Interval of the ratio of means by metric both have, over the clips that both have a value
        of; it says something where the second's mean is well away from 0.
    """
    counts = draw_counts(len(next(iter(first.values()))), seed)
    return {k: _ratio(first[k], second[k], counts) for k in first if k in second}


def correlation(a: Floats, b: Floats, seed: int = SEED) -> Interval:
    """Pearson r over clips of two values per clip, [M] each.

    Args:
        a: One value per clip.
        b: Another.
        seed: Seed of the draws.

    Returns:
        r and its interval; NaN below three clips with both.
    """
    known = np.isfinite(a) & np.isfinite(b)
    x, y, clips = a[known], b[known], int(known.sum())
    if clips < 3:
        return Interval(np.nan, np.nan, np.nan, clips)
    plain = float(_weighted_r(x, y, np.ones((1, clips)))[0])
    low, high = np.percentile(_weighted_r(x, y, draw_counts(clips, seed)), _EDGES)
    return Interval(plain, float(low), float(high), clips)


def _interval(values: Floats, counts: NDArray[np.int64]) -> Interval:
    known = np.isfinite(values)
    clips = int(known.sum())
    mean = float(values[known].mean()) if clips else np.nan
    if clips < 2:
        return Interval(mean, np.nan, np.nan, clips)
    drawn = counts[:, known]
    drawn = drawn[drawn.sum(axis=1) > 0]
    low, high = np.percentile(drawn @ values[known] / drawn.sum(axis=1), _EDGES)
    return Interval(mean, float(low), float(high), clips)


def _ratio(a: Floats, b: Floats, counts: NDArray[np.int64]) -> Interval:
    known = np.isfinite(a) & np.isfinite(b)
    clips = int(known.sum())
    if not clips or b[known].sum() == 0.0:
        return Interval(np.nan, np.nan, np.nan, clips)
    mean = float(a[known].sum() / b[known].sum())
    if clips < 2:
        return Interval(mean, np.nan, np.nan, clips)
    below = counts[:, known] @ b[known]
    drawn = (counts[:, known] @ a[known])[below != 0.0] / below[below != 0.0]
    low, high = np.percentile(drawn, _EDGES)
    return Interval(mean, float(low), float(high), clips)


def _weighted_r(x: Floats, y: Floats, counts: NDArray[np.integer | np.floating]) -> Floats:
    weight = counts / counts.sum(axis=1, keepdims=True)
    mean_x, mean_y = weight @ x, weight @ y
    covariance = weight @ (x * y) - mean_x * mean_y
    scale = np.sqrt(
        np.maximum(weight @ x**2 - mean_x**2, 0.0) * np.maximum(weight @ y**2 - mean_y**2, 0.0)
    )
    r: Floats = np.where(scale > _TINY, covariance / np.maximum(scale, _TINY), 0.0)
    return r
