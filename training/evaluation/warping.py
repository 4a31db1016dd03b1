"""Dynamic time warping of many pairs of tracks at once.

Cells of one anti-diagonal of the table do not depend on each other, so a step fills one of all
clips::

    i ↓  j →   0   1   2
         0     k0  k1  k2      k = i + j
         1     k1  k2  k3
         2     k2  k3  k4
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation.over_frames import Floats, Mask, packed

_BOTH, _FIRST, _SECOND = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Warping:
    """Best monotone alignments of M pairs.

    Attributes:
        cost: Sum of distances along each path, [M].
        moves: Which track the path came forward on to reach a cell, int8 [M, T, T]: 0 both, 1 the
            first, 2 the second.
        lengths: Frames of each pair, int64 [M].
    """

    cost: Floats
    moves: NDArray[np.int8]
    lengths: NDArray[np.int64]

    def path(self, clip: int) -> NDArray[np.int64]:
        """Frame of the second track that each frame of the first is warped to, int64 [length]."""
        i = j = int(self.lengths[clip])
        mapped = np.zeros(i, np.int64)
        while i > 0 and j > 0:
            mapped[i - 1] = j - 1
            move = self.moves[clip, i - 1, j - 1]
            i, j = i - (move != _SECOND), j - (move != _FIRST)
        return mapped


def warp(a: Floats, b: Floats, lengths: NDArray[np.int64]) -> Warping:
    """Align the first ``lengths`` frames of each pair, distance |a - b|.

    Args:
        a: First tracks, [M, T].
        b: Second tracks, [M, T].
        lengths: How many frames of each count, int64 [M].

    Returns:
        Costs and paths.
    """
    clips, frames = a.shape
    moves = np.zeros((clips, frames, frames), np.int8)
    cost = np.where(lengths > 0, np.inf, 0.0)
    before = np.full((clips, frames + 1), np.inf)  # anti-diagonal k - 2, by i
    last = before.copy()  # k - 1
    before[:, 0] = 0.0
    for k in range(2, 2 * frames + 1):
        low, high = max(1, k - frames), min(frames, k - 1)
        came = np.stack(
            [before[:, low - 1 : high], last[:, low - 1 : high], last[:, low : high + 1]]
        )
        move = came.argmin(axis=0)
        i = np.arange(low - 1, high)
        apart = np.abs(a[:, i] - b[:, k - 2 - i])
        now = np.full_like(last, np.inf)
        now[:, low : high + 1] = apart + came.min(axis=0)
        moves[:, i, k - 2 - i] = move
        done = 2 * lengths == k
        cost[done] = now[done, k // 2]
        before, last = last, now
    return Warping(cost, moves, lengths)


def warping_cost(a: Floats, b: Floats, frames: Mask) -> Floats:
    """Cost of the best alignment of the chosen frames, per frame, [M]; NaN where there is none."""
    lengths = frames.sum(axis=1)
    cost = warp(packed(a, frames), packed(b, frames), lengths).cost
    per_frame: Floats = np.where(lengths > 0, cost / np.maximum(lengths, 1), np.nan)
    return per_frame
