"""How the face moves, per clip: timing of turns, liveliness, stillness, joins.

Each is a pure function of tracks [M, T, ...] and the frames that count; forms as in the literature
named beside them.
"""

import numpy as np
from numpy.typing import NDArray

from stream_engine.motion.window import LatencyProfile
from stream_engine.types import MOTION_FPS
from training.evaluation.over_frames import Floats, Mask, mean_over, spread_over
from training.evaluation.warping import warp

_SMOOTHING_FRAMES = 2.0
_REACH = 6
_MILLISECONDS = 1000.0
_SHORTEST_SILENCE, _ONSET_FRAMES = 6, 2


def smoothed(track: Floats) -> Floats:
    """Gaussian-smooth a track [T], σ 2 frames."""
    at = np.arange(-_REACH, _REACH + 1)
    kernel = np.exp(-0.5 * (at / _SMOOTHING_FRAMES) ** 2)
    padded = np.pad(track, _REACH, mode="edge")
    smooth: Floats = np.convolve(padded, kernel / kernel.sum(), mode="valid")
    return smooth


def extrema(track: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Frames of the maxima and of the minima of a track [T]."""
    slope = np.sign(np.diff(track))
    turn = np.diff(slope)
    return np.nonzero(turn < 0)[0] + 1, np.nonzero(turn > 0)[0] + 1


def turn_lags_ms(predicted: Floats, real: Floats, valid: Mask) -> Floats:
    """Distance in time of each turn of the real lip gap from its match in the predicted (for MTM).

    Both are smoothed and aligned by DTW of their derivatives; each turn of the real track is paired
    with the nearest turn of the same kind to where it is warped to.

    Args:
        predicted: Lip gap, [M, T].
        real: Lip gap, [M, T].
        valid: Frames that count; a clip ends with its last one.

    Returns:
        Absolute lag in ms at frames where the real track turns, NaN elsewhere, [M, T].
    """
    clips, frames = real.shape
    lengths = np.where(valid.any(axis=1), frames - valid[:, ::-1].argmax(axis=1), 0)
    smooth = np.zeros((2, clips, frames))
    for clip, length in enumerate(lengths):
        if length:
            smooth[0, clip, :length] = smoothed(real[clip, :length])
            smooth[1, clip, :length] = smoothed(predicted[clip, :length])
    slopes = np.diff(smooth, axis=2)
    warping = warp(slopes[0], slopes[1], np.maximum(lengths - 1, 0))
    lags = np.full((clips, frames), np.nan)
    for clip, length in enumerate(lengths):
        mapped = warping.path(clip)
        both = (extrema(track[clip, :length]) for track in smooth)
        for of_real, of_predicted in zip(*both, strict=True):
            if len(of_predicted):
                apart = np.abs(of_predicted - mapped[of_real][:, None])
                nearest = of_predicted[apart.argmin(axis=1)]
                lags[clip, of_real] = np.abs(nearest - of_real) * _MILLISECONDS / MOTION_FPS
    lags[~valid] = np.nan
    return lags


def mean_lag_ms(lags: Floats, frames: Mask) -> Floats:
    """Mean over the turns inside the chosen frames (MTM), ms, [M]; NaN if there is none."""
    return mean_over(lags, frames & ~np.isnan(lags))


def dynamics_deviation(predicted: Floats, real: Floats, frames: Mask) -> Floats:
    """Upper-face dynamics deviation (FDD), mm²: real less predicted spread; 0 is best.

    Args:
        predicted: Upper-face points in mm from neutral, [M, T, P, 3].
        real: The same as recorded.
        frames: Frames that count, [M, T].

    Returns:
        Mean over points of the difference in spread over time of the squared distance, [M].
    """
    lively, made = (spread_over((points**2).sum(axis=-1), frames) for points in (real, predicted))
    deviation: Floats = (lively - made).mean(axis=1)
    return deviation


def diversity(samples: Floats, frames: Mask) -> Floats:
    """Mean pairwise distance of samples of the same speech, per point, mm.

    Args:
        samples: Points of S samples, [S, M, T, P, 3].
        frames: Frames that count, [M, T].

    Returns:
        Mean over pairs, frames and points, [M]; NaN for fewer than two samples.
    """
    pairs = [(i, j) for i in range(len(samples)) for j in range(i)]
    total = np.full(frames.shape[0], 0.0 if pairs else np.nan)
    for i, j in pairs:
        apart = np.linalg.norm(samples[i] - samples[j], axis=-1).mean(axis=-1)
        total += mean_over(apart, frames) / len(pairs)
    return total


def silence_stability(gap: Floats, speaking: Mask, valid: Mask) -> Floats:
    """Spread of the lip gap before the first word, mm, [M]; NaN without a quarter of a second."""
    first = np.where(speaking.any(axis=1), speaking.argmax(axis=1), 0)
    still = np.arange(gap.shape[1]) < (first - _ONSET_FRAMES)[:, None]
    still &= valid & (first >= _SHORTEST_SILENCE)[:, None]
    return spread_over(gap, still)


def frame_speed(coefficients: Floats) -> Floats:
    """Mean absolute step of the coefficients [M, T, D] into each frame, [M, T]; 0 in the first."""
    speed = np.abs(np.diff(coefficients, axis=1)).mean(axis=2)
    return np.pad(speed, ((0, 0), (1, 0)))


def join_jump(coefficients: Floats, profile: LatencyProfile, valid: Mask) -> Floats:
    """Speed at window joins over speed elsewhere; 1 is seamless.

    Args:
        coefficients: Motion made in windows, [M, T, D]; the first window began ``lookahead`` frames
            before the first frame.
        profile: Sizes of the windows.
        valid: Frames that count, [M, T].

    Returns:
        Ratio, [M]; NaN with a hop of one frame, where every frame is a join.
    """
    if profile.hop_frames == 1:
        return np.full(len(coefficients), np.nan)
    speed, at = frame_speed(coefficients), np.arange(coefficients.shape[1])
    joins = (at + profile.lookahead_frames) % profile.hop_frames == 0
    stepped = valid & (at > 0)
    elsewhere = mean_over(speed, stepped & ~joins)
    jump: Floats = mean_over(speed, stepped & joins) / np.where(elsewhere > 0, elsewhere, np.nan)
    return jump
