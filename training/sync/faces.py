"""Talking faces to try a sync system on: recorded clips, made pieces, and streams of either."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from stream_engine.features.log_mel import MELS_PER_FRAME
from stream_engine.types import MOTION_FPS
from training.data.spoken_faces import SpokenFaces
from training.dataset import PairSet
from training.sync.faults import TalkingFace


def recorded_faces(pairs: PairSet) -> list[TalkingFace]:
    """Clips of tracked faces; the corpus is the voice."""
    return [
        TalkingFace(str(name), str(source), mel.astype(np.float32), motion.astype(np.float32))
        for name, source, mel, motion in zip(
            pairs.name, pairs.source, pairs.mel, pairs.motion, strict=True
        )
    ]


def made_faces(spoken: SpokenFaces) -> list[TalkingFace]:
    """Pieces of faces the engine made."""
    return [
        TalkingFace(str(name), str(voice), mel.astype(np.float32), motion.astype(np.float32))
        for name, voice, mel, motion in zip(
            spoken.name, spoken.speaker, spoken.mel, spoken.motion, strict=True
        )
    ]


def joined(faces: Sequence[TalkingFace]) -> TalkingFace:
    """One after the other, as one recording with the name of the first."""
    mel = np.concatenate([face.mel for face in faces])
    return replace(faces[0], mel=mel, motion=np.concatenate([face.motion for face in faces]))


def streams(faces: Iterable[TalkingFace], longest_s: float) -> list[TalkingFace]:
    """What follows on, end to end, cut where it is too long.

    Args:
        faces: Recordings in the order in which they were cut. Pieces of a take are called
            ``take/0``, ``take/1`` and so on, and follow on; clips without a number are one take.
        longest_s: Of a stream.

    Returns:
        Streams in order; a rest shorter than half of that goes with the one before it.
    """
    takes: list[list[TalkingFace]] = []
    for face in faces:
        if takes and _follows(takes[-1][-1], face):
            takes[-1].append(face)
        else:
            takes.append([face])
    length = round(longest_s * MOTION_FPS)
    made = []
    for take in takes:
        whole = joined(take)
        count = max(1, round(len(whole) / length))
        edges = [k * length for k in range(count)] + [len(whole)]
        made += [_cut(whole, a, b) for a, b in pairwise(edges)]
    return made


def _follows(before: TalkingFace, after: TalkingFace) -> bool:
    if before.voice != after.voice:
        return False
    first, _, number = before.name.partition("/")
    return f"{first}/{int(number) + 1}" == after.name if number else "/" not in after.name


def _cut(face: TalkingFace, first: int, end: int) -> TalkingFace:
    mel = face.mel[first * MELS_PER_FRAME : end * MELS_PER_FRAME]
    name = f"{face.name}@{first}"
    return replace(face, name=name, mel=mel, motion=face.motion[first:end])
