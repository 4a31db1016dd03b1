"""Statistics over chosen frames of many clips at once.

Tracks are [M, T, ...], padded to one length; a mask [M, T] says which frames count. Every result is
[M, ...], NaN where a clip has too few chosen frames to say anything.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Mask = NDArray[np.bool_]
_TINY = 1e-9


def mean_over(track: Floats, frames: Mask) -> Floats:
    """Mean of the chosen frames, [M, ...]; NaN where there is none."""
    chosen = _spread(frames, track.ndim)
    count = chosen.sum(axis=1)
    total = np.where(chosen, track, 0.0).sum(axis=1)
    mean: Floats = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean


def spread_over(track: Floats, frames: Mask) -> Floats:
    """Standard deviation of the chosen frames, [M, ...]; NaN where there is none."""
    spread: Floats = np.sqrt(mean_over(_centred(track, frames) ** 2, frames))
    return spread


def pearson(a: Floats, b: Floats, frames: Mask) -> Floats:
    """Pearson r over the chosen frames, [M, ...]; 0 where one does not move, NaN below 2 frames."""
    x, y = _centred(a, frames), _centred(b, frames)
    scale = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    r = np.where(scale > _TINY, (x * y).sum(axis=1) / np.maximum(scale, _TINY), 0.0)
    return _known(r, frames)


def concordance(a: Floats, b: Floats, frames: Mask) -> Floats:
    """Lin's concordance 2 cov / (var + var + (mean difference)²), [M, ...]; NaN below 2 frames."""
    x, y = _centred(a, frames), _centred(b, frames)
    apart = (mean_over(a, frames) - mean_over(b, frames)) ** 2
    total = mean_over(x**2, frames) + mean_over(y**2, frames) + apart
    ccc: Floats = 2 * mean_over(x * y, frames) / np.maximum(total, _TINY)
    return _known(ccc, frames)


def packed(track: Floats, frames: Mask) -> Floats:
    """The chosen frames moved to the front in their order, [M, T]; what follows means nothing."""
    order = np.argsort(~frames, axis=1, kind="stable")
    moved: Floats = np.take_along_axis(track, order, axis=1)
    return moved


def _spread(frames: Mask, axes: int) -> Mask:
    return frames.reshape(frames.shape + (1,) * (axes - 2))


def _centred(track: Floats, frames: Mask) -> Floats:
    """Less the mean of the chosen frames; 0 elsewhere."""
    mean = mean_over(track, frames)[:, None]
    centred: Floats = np.where(_spread(frames, track.ndim), track - mean, 0.0)
    return centred


def _known(value: Floats, frames: Mask) -> Floats:
    enough = frames.sum(axis=1).reshape((-1,) + (1,) * (value.ndim - 1)) >= 2
    known: Floats = np.where(enough, value, np.nan)
    return known
