"""What the model must beat: mean face, jaw from loudness, ridge regression on log-mel."""

import numpy as np
from numpy.typing import NDArray

from stream_engine.motion.arkit import INDEX
from stream_engine.types import F32
from training.dataset import PairSet

_RIDGE = 30.0
_PAST_FRAMES = 8


def mean_face(train: PairSet, pairs: PairSet) -> F32:
    """The average training frame, for ever, [M, T, D]."""
    mean = train.motion.mean(axis=(0, 1))
    still: F32 = np.broadcast_to(mean, pairs.motion.shape).astype(np.float32)
    return still


def jaw_from_loudness(train: PairSet, pairs: PairSet) -> F32:
    """The mean face with a jaw that follows loudness, smoothed over 3 frames, [M, T, D]."""
    jaw = INDEX["jawOpen"]
    loud = _smoothed(train.loudness).ravel()
    slope, offset = np.polyfit(loud, train.motion[..., jaw].ravel(), 1)
    motion = mean_face(train, pairs).copy()
    motion[..., jaw] = np.clip(slope * _smoothed(pairs.loudness) + offset, 0.0, 1.0)
    return motion


def ridge(train: PairSet, pairs: PairSet, lookahead_frames: int) -> F32:
    """Ridge regression on log-mel from 8 frames back to ``lookahead_frames`` ahead, [M, T, D]."""
    seen, wanted = _stacked(train.mel, lookahead_frames), train.motion
    x = seen.reshape(-1, seen.shape[-1])
    y = wanted.reshape(-1, wanted.shape[-1])
    x_mean, y_mean = x.mean(axis=0), y.mean(axis=0)
    centred = x - x_mean
    gram = centred.T @ centred + _RIDGE * np.eye(centred.shape[1])
    weights = np.linalg.solve(gram, centred.T @ (y - y_mean))
    predicted = (_stacked(pairs.mel, lookahead_frames) - x_mean) @ weights + y_mean
    motion: F32 = predicted.astype(np.float32)
    return motion


def _smoothed(track: F32) -> F32:
    padded = np.pad(track, ((0, 0), (1, 1)), mode="edge")
    smooth: F32 = (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / 3.0
    return smooth


def _stacked(mel: NDArray[np.float16], lookahead: int) -> NDArray[np.float64]:
    """Two mean features of each frame's four, stacked over the frames in reach, [M, T, R]."""
    frames = mel.shape[1] // 4
    halves = mel.astype(np.float64).reshape(len(mel), frames, 2, 2, -1).mean(axis=3)
    flat = halves.reshape(len(mel), frames, -1)[..., ::2]
    padded = np.pad(flat, ((0, 0), (_PAST_FRAMES, lookahead), (0, 0)), mode="edge")
    shifts = range(_PAST_FRAMES + lookahead + 1)
    return np.concatenate([padded[:, k : k + frames] for k in shifts], axis=-1)
