"""Faults done to talking faces, and the evidence that systems find in each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stream_engine.monitor.sync_evidence import LAGS, STEPS_PER_SECOND
from stream_engine.types import F32, MOTION_FPS
from training.evaluation.recordings import Progress
from training.sync.faults import SHIFTS_MS, SPOILT, TalkingFace, begun_at, other_words, shifted
from training.sync.systems import SyncSystem
from training.sync.trial import BEGUN_S, hops_of

IN_SYNC, OTHER_WORDS = "in sync", "other words"

LAG_OF: dict[str, int] = {IN_SYNC: 0} | {
    f"{sign * ms:+d} ms": sign * ms for ms in SHIFTS_MS for sign in (1, -1)
}
"""How late the mouth is, ms, where that is all that may be wrong."""

FAULTS = (*LAG_OF, OTHER_WORDS, *SPOILT)
PLANTED = tuple(f"{ms:+d} ms" for ms in (80, -80, 120, -120, 200, -200))
PLANTED += (OTHER_WORDS, "frozen", "scrambled")
"""Faults that begin in the middle of a stream."""

SOON_S = 2.0
"""After which a fault should have been found."""

_ONSET_S, _LEAST_S = (5.0, 8.0), 11.5

Hops = list[F32]
"""Of recordings, float32 [H, 2, L] each."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A stream in which a fault begins.

    Attributes:
        hops: Of all of it, float32 [H, 2, L].
        onset_s: When the fault begins.
        speech_s: How much is spoken in the `SOON_S` after that.
    """

    hops: F32
    onset_s: float
    speech_s: float


def faulty(
    face: TalkingFace, other: TalkingFace, fault: str, rng: np.random.Generator
) -> TalkingFace:
    """Do a fault to a face.

    Args:
        face: One that is right.
        other: One that says something else.
        fault: Of `FAULTS`.
        rng: Draws what the fault leaves open.

    Returns:
        The face with the fault.
    """
    if fault in LAG_OF:
        return shifted(face, LAG_OF[fault]) if LAG_OF[fault] else face
    return other_words(face, other) if fault == OTHER_WORDS else SPOILT[fault](face, rng)


def others(faces: Sequence[TalkingFace]) -> list[TalkingFace]:
    """For each face one that says something else, half the list away or the next after that.

    Two of one name are the same words in two manners.
    """
    found, count = [], len(faces)
    for at, face in enumerate(faces):
        turned = (faces[(at + count // 2 + k) % count] for k in range(count))
        found.append(next((o for o in turned if o.name != face.name), face))
    return found


def try_faces(
    systems: Mapping[str, SyncSystem], faces: Sequence[TalkingFace], seed: int, progress: Progress
) -> dict[str, dict[str, Hops]]:
    """Show every system every face with every fault.

    Args:
        systems: By name.
        faces: At least two.
        seed: Of what faults leave open.
        progress: Told how far it is.

    Returns:
        Hops by system and fault, in the order of the faces.
    """
    rng = np.random.default_rng(seed)
    tried: dict[str, dict[str, Hops]] = {s: {f: [] for f in FAULTS} for s in systems}
    for done, (face, other) in enumerate(zip(faces, others(faces), strict=True)):
        progress("faces with faults", done, len(faces))
        for fault in FAULTS:
            wrong = faulty(face, other, fault, rng)
            for name, system in systems.items():
                tried[name][fault].append(hops_of(*system.evidence(wrong)))
    return tried


def listen_to(
    systems: Mapping[str, SyncSystem], faces: Sequence[TalkingFace], progress: Progress
) -> dict[str, Hops]:
    """Hops of streams as they are, by system."""
    heard: dict[str, Hops] = {name: [] for name in systems}
    for done, face in enumerate(faces):
        progress("streams", done, len(faces))
        for name, system in systems.items():
            heard[name].append(hops_of(*system.evidence(face)))
    return heard


def long_enough(faces: Sequence[TalkingFace]) -> list[TalkingFace]:
    """Streams in which a fault may begin and be found."""
    return [face for face in faces if len(face) >= _LEAST_S * MOTION_FPS]


def try_planted(
    systems: Mapping[str, SyncSystem], faces: Sequence[TalkingFace], seed: int, progress: Progress
) -> dict[str, dict[str, list[Planted]]]:
    """Let every fault begin somewhere in every stream.

    Args:
        systems: By name.
        faces: Streams of twelve seconds or more, at least two.
        seed: Of where it begins and what faults leave open.
        progress: Told how far it is.

    Returns:
        Streams by system and fault.
    """
    rng = np.random.default_rng(seed)
    found: dict[str, dict[str, list[Planted]]] = {s: {f: [] for f in PLANTED} for s in systems}
    for done, (face, other) in enumerate(zip(faces, others(faces), strict=True)):
        progress("faults begin", done, len(faces))
        for fault in PLANTED:
            frame = round(rng.uniform(*_ONSET_S) * MOTION_FPS)
            wrong = begun_at(face, faulty(face, other, fault, rng), frame)
            for name, system in systems.items():
                weights, nats = system.evidence(wrong)
                onset_s = frame / MOTION_FPS
                speech_s = _speech_after(weights, onset_s)
                found[name][fault].append(Planted(hops_of(weights, nats), onset_s, speech_s))
    return found


def _speech_after(weights: F32, onset_s: float) -> float:
    first = round((onset_s - BEGUN_S) * STEPS_PER_SECOND)
    soon = weights[first : first + round(SOON_S * STEPS_PER_SECOND), len(LAGS) // 2]
    return float(soon.sum()) / STEPS_PER_SECOND
