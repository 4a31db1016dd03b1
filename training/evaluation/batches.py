"""Clips of any length in batches of one padded length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_engine.motion.generator import silent_frame
from stream_engine.types import F32
from training.dataset import PairSet
from training.evaluation.over_frames import Mask
from training.evaluation.recordings import Recording

_SLOTS = 256  # each a session of 225 kB; more at once are slower, not faster
_TABLE_CELLS = 50_000_000


@dataclass(frozen=True, slots=True)
class Batch:
    """M clips of similar length; frames past a clip's end are not valid.

    Attributes:
        numbers: Place of each clip in its set, int64 [M].
        mel: Silence past the end, float32 [M, 4 T, F].
        motion: float32 [M, T, D].
        gap: mm, float32 [M, T].
        width: mm, float32 [M, T].
        loudness: float32 [M, T].
        speaking: Inside any word, bool [M, T].
        judged: Frames of the words that are judged, bool [M, T].
        valid: Frames that count, bool [M, T].
    """

    numbers: NDArray[np.int64]
    mel: F32
    motion: F32
    gap: F32
    width: F32
    loudness: F32
    speaking: Mask
    judged: Mask
    valid: Mask


def padded(tracks: Sequence[NDArray[Any]], frames: int) -> NDArray[Any]:
    """Tracks [t, ...] of any length as one array [M, T, ...], cut or filled up with zeros."""
    run = np.zeros((len(tracks), frames, *tracks[0].shape[1:]), tracks[0].dtype)
    for row, track in zip(run, tracks, strict=True):
        row[: len(track)] = track[:frames]
    return run


def batch_of(recordings: Sequence[Recording], numbers: NDArray[np.int64]) -> Batch:
    """Put some clips of a set together.

    Args:
        recordings: The whole set.
        numbers: Which of them.

    Returns:
        The batch, as long as its longest clip.
    """
    chosen = [recordings[number] for number in numbers]
    frames = max(len(recording.valid) for recording in chosen)
    mel = np.tile(silent_frame().astype(np.float32), (len(chosen), frames, 1))
    for row, recording in zip(mel, chosen, strict=True):
        row[: len(recording.pair.mel)] = recording.pair.mel
    tracks = ("motion", "gap", "width", "loudness", "speaking")
    stacked = {k: padded([getattr(r.pair, k) for r in chosen], frames) for k in tracks}
    return Batch(
        numbers=numbers,
        mel=mel,
        judged=padded([r.judged for r in chosen], frames),
        valid=padded([r.valid for r in chosen], frames),
        **stacked,
    )


def batch_of_pairs(pairs: PairSet, judged: Mask) -> Batch:
    """Training pairs as a batch; every frame counts.

    Args:
        pairs: M clips of equal length.
        judged: Frames of the words that are judged, bool [M, T].

    Returns:
        The batch, its clips numbered from 0.
    """
    return Batch(
        numbers=np.arange(len(pairs)),
        mel=pairs.mel.astype(np.float32),
        motion=pairs.motion,
        gap=pairs.gap,
        width=pairs.width,
        loudness=pairs.loudness,
        speaking=pairs.speaking,
        judged=judged,
        valid=np.ones_like(pairs.speaking),
    )


def batches(recordings: Sequence[Recording], samples: int) -> Iterator[Batch]:
    """All clips in batches of similar length that fit into memory.

    Args:
        recordings: The clips.
        samples: Samples made of each at once.

    Yields:
        Batches; every clip is in one.
    """
    lengths = np.array([len(recording.valid) for recording in recordings])
    waiting: list[int] = []
    for number in np.argsort(lengths, kind="stable"):
        clips = len(waiting) + 1
        if waiting and (clips * samples > _SLOTS or clips * lengths[number] ** 2 > _TABLE_CELLS):
            yield batch_of(recordings, np.array(waiting))
            waiting = []
        waiting.append(int(number))
    yield batch_of(recordings, np.array(waiting))
