"""Lip metrics per clip, pure functions of two sets of tracks.

LVE is rooted (mm); PCC and CCC are per clip over time. Every metric comes twice: over the whole
clip, and (``_words``) over frames inside words only, since silence flatters everyone.
"""

from dataclasses import dataclass

import numpy as np

from training.evaluation.dynamics import mean_lag_ms, turn_lags_ms
from training.evaluation.over_frames import Floats, Mask, concordance, mean_over, pearson
from training.evaluation.warping import warping_cost

ClipScores = dict[str, Floats]
"""One value per clip, [M], by the name of the metric."""

LIP_METRICS = (
    "gap_pcc", "width_pcc", "lip_pcc", "gap_ccc", "width_ccc", "lip_ccc",
    "lve_mm", "dtw_mm", "mod_mm", "mtm_ms",
)  # fmt: skip
"""What `score_clips` measures; each also with ``_words`` behind."""


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


def largest_error(predicted: Floats, real: Floats) -> Floats:
    """Largest distance of any lip point per frame (the frames of LVE), [..., T]."""
    error: Floats = np.linalg.norm(predicted - real, axis=-1).max(axis=-1)
    return error


def score_clips(
    predicted: LipTrack, real: LipTrack, speaking: Mask, valid: Mask | None = None
) -> ClipScores:
    """Score a set of clips, each by itself.

    Args:
        predicted: What a model made.
        real: What was recorded.
        speaking: Inside a word, bool [M, T].
        valid: Frames that count, bool [M, T]: padding and frames without a face are left out; all
            of them by default.

    Returns:
        `LIP_METRICS` over whole clips and over words, one value per clip; NaN where a clip has
        nothing to measure.
    """
    valid = np.ones_like(speaking) if valid is None else valid
    lags = turn_lags_ms(predicted.gap, real.gap, valid)
    whole = _over(predicted, real, valid) | {"mtm_ms": mean_lag_ms(lags, valid)}
    words = speaking & valid
    inside = _over(predicted, real, words) | {"mtm_ms": mean_lag_ms(lags, words)}
    return whole | {f"{name}_words": values for name, values in inside.items()}


def mean_scores(rows: list[ClipScores]) -> ClipScores:
    """Mean over several samples of the same clips, clip by clip; samples without a value aside."""
    means = {}
    for name in rows[0]:
        values = np.stack([row[name] for row in rows], axis=1)  # [M, S]
        means[name] = mean_over(values, np.isfinite(values))
    return means


def _over(predicted: LipTrack, real: LipTrack, frames: Mask) -> ClipScores:
    tracks = (
        ("gap", predicted.gap, real.gap),
        ("width", predicted.width, real.width),
        ("lip", predicted.points, real.points),
    )
    scores: ClipScores = {}
    for kind, score in (("pcc", pearson), ("ccc", concordance)):
        for name, a, b in tracks:
            values = score(a, b, frames)
            scores[f"{name}_{kind}"] = values.reshape(len(frames), -1).mean(axis=1)
    scores["lve_mm"] = mean_over(largest_error(predicted.points, real.points), frames)
    scores["dtw_mm"] = warping_cost(predicted.gap, real.gap, frames)
    scores["mod_mm"] = mean_over(np.abs(predicted.gap - real.gap), frames)
    return scores
