"""One speaker's own head: template, neutral face, and the way from pixels to the default head."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.types import F32
from training.data.align import (
    Similarity,
    find_similarity,
    find_template,
    rotation_angles,
    to_head_axes,
)
from training.data.fit import LandmarkBasis
from training.data.grid import Clip

_RESTING_SHARE = 0.3

_LIDS = {
    (159, 145): (246, 161, 160, 159, 158, 157, 173, 7, 163, 144, 145, 153, 154, 155),
    (386, 374): (466, 388, 387, 386, 385, 384, 398, 249, 390, 373, 374, 380, 381, 382),
}
"""Middle of upper and lower lid, and all landmarks of both, of the right and the left eye."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """What stays the same over a speaker's recordings.

    Attributes:
        template: Mean shape in head axes, pixels, [P, 3].
        to_head: Similarity from template to the head's neutral landmarks.
        neutral: Resting face with closed lips, in the head's metres, [P, 3].
    """

    template: NDArray[np.float64]
    to_head: Similarity
    neutral: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HeadLocal:
    """A clip with head motion taken out.

    Attributes:
        points: In the head's frame and metres, [T, P, 3].
        rotation: Pitch, yaw, roll against the speaker's usual pose, float32 [T, 3].
    """

    points: NDArray[np.float64]
    rotation: F32


def head_local(clip: Clip, speaker: Speaker, basis: LandmarkBasis) -> HeadLocal:
    """Take head motion out of a clip."""
    frames = to_head_axes(clip.points)
    found = find_similarity(frames[:, basis.stable], speaker.template[basis.stable])
    rotation = rotation_angles(found.rotation.transpose(0, 2, 1))
    return HeadLocal(speaker.to_head.apply(found.apply(frames)), rotation)


def displacement_of(
    local: HeadLocal, speaker: Speaker, basis: LandmarkBasis
) -> NDArray[np.float64]:
    """How far each point has moved from the speaker's neutral, as it would on our head, [T, P, 3].

    Lids are scaled by how far our eyes are open against the speaker's: what shuts the speaker's
    eyes must shut ours.
    """
    displacement = local.points - speaker.neutral
    for (upper, lower), lids in _LIDS.items():
        middle = [basis.index[upper], basis.index[lower]]
        ours, theirs = (
            points[middle[0], 1] - points[middle[1], 1]
            for points in (basis.neutral, speaker.neutral)
        )
        rows = [basis.index[lid] for lid in lids if lid in basis.index]
        displacement[:, rows] *= ours / theirs
    return displacement


def find_speaker(clips: list[Clip], basis: LandmarkBasis) -> Speaker:
    """Learn a speaker from recordings.

    Args:
        clips: All clips of one speaker.
        basis: Landmarks of the default head.

    Returns:
        Template, mapping and neutral; the neutral is the median of frames in silence whose lip gap
        is among the smallest 30 %.
    """
    sample = np.concatenate([to_head_axes(clip.points[::25]) for clip in clips])
    template = find_template(sample, basis.stable)
    everywhere = np.arange(len(template))
    to_head = find_similarity(template[None, everywhere], basis.neutral[everywhere])
    unset = Speaker(template, to_head, basis.neutral)
    resting = []
    for clip in clips:
        silent = ~clip.speaking(margin_s=0.2) & clip.valid
        resting.append(head_local(clip, unset, basis).points[silent][::3])
    points = np.concatenate(resting)
    gap = basis.gap(points)
    closed = points[gap <= np.quantile(gap, _RESTING_SHARE)]
    return Speaker(template, to_head, np.median(closed, axis=0))
