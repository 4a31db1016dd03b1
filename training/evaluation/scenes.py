"""Recorded clips laid end to end, as they are shown beside a rendered head."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import AssetError
from stream_engine.render.camera import Camera
from stream_engine.types import F32, MOTION_FPS
from training.data.fit import LandmarkBasis
from training.data.grid import Clip
from training.data.pairs import cut_or_filled, split_of
from training.evaluation.checked_corpus import CheckedCorpus

CLOSE = Camera(height_m=-0.006, half_height_m=0.13)
"""Closer than a portrait: the face alone."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What the movie shows beside the models.

    Attributes:
        points: Where the tracked points lie in a picture of side 1, y down, [T, P, 2].
        words: Of each frame: its sentence, how many words of it have begun, and whether the last
            of them is being said.
        speech: 16 kHz mono, float32 [N].
    """

    points: NDArray[np.float64]
    words: list[tuple[tuple[str, ...], int, bool]]
    speech: F32


def choose(corpus: CheckedCorpus, names: str | None, count: int, seen: bool) -> list[Clip]:
    """Clips by name, or the first few that training never saw.

    Args:
        corpus: The folder.
        names: With commas between; None for the first ``count``.
        count: How many then.
        seen: Whether sentences of the training split may be shown.

    Returns:
        The clips, in the order named.

    Raises:
        AssetError: If one is not there, or training saw its sentence and ``seen`` is false.
    """
    allowed = {r["clip"]: r for r in corpus.rows if seen or split_of(r["transcript"]) == "test"}
    wanted = [*allowed][:count] if names is None else names.split(",")
    wrong = [name for name in wanted if name not in allowed]
    if wrong or not wanted:
        raise AssetError(
            "no such clip among those that may be shown",
            got=", ".join(wrong) or "none at all",
            expected=f"such as {', '.join([*allowed][:5])}",
            fix="--any also shows sentences that training has seen",
        )
    return [corpus.read(allowed[name]) for name in wanted]


def make_scene(corpus: CheckedCorpus, clips: list[Clip], basis: LandmarkBasis) -> Scene:
    """Lay clips end to end; points are shown as large as the rendered head's own.

    Args:
        corpus: Holds the speech.
        clips: In their order.
        basis: The head's landmarks.

    Returns:
        The scene.
    """
    nearer = CLOSE.distance_m / (CLOSE.distance_m - basis.neutral[:, 2:])
    upright = (basis.neutral[:, :2] - [0.0, CLOSE.height_m]) * [1, -1] * nearer
    own = upright / (2 * CLOSE.half_height_m) + 0.5
    points, words, speech = [], [], []
    for clip in clips:
        flat = clip.points[..., :2].astype(np.float64)
        usual = np.median(flat, axis=0)
        centre = usual.mean(axis=0)
        scale = np.linalg.norm(own - own.mean(axis=0)) / np.linalg.norm(usual - centre)
        points.append((flat - centre) * scale + own.mean(axis=0))
        middles = (np.arange(len(flat)) + 0.5) / MOTION_FPS
        for at in middles:
            begun = [(start, end) for start, end in clip.times if start <= at]
            words.append((clip.words, len(begun), any(at < end for _, end in begun)))
        speech.append(cut_or_filled(corpus.speech(clip.name), len(flat)))
    return Scene(np.concatenate(points), words, np.concatenate(speech))
