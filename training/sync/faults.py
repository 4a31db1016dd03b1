"""What may be wrong with a talking face, done to one that is right."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from stream_engine.motion.arkit import ARKIT_COUNT, COEFFICIENT_NAMES, MOUTH_NAMES
from stream_engine.types import F32, MOTION_FPS

SHIFTS_MS = (40, 80, 120, 200, 400)
"""Of the mouth, late and early."""

_MOUTH: NDArray[np.bool_] = np.array([n.startswith(MOUTH_NAMES) for n in COEFFICIENT_NAMES])
_PIECE_FRAMES = 3
_NOISE_FRAMES = 2


@dataclass(frozen=True, slots=True)
class TalkingFace:
    """A voice and a face, frame by frame.

    Attributes:
        name: Of the recording.
        voice: Who speaks.
        mel: Log-mel, float32 [4 T, F].
        motion: Coefficients, float32 [T, D].
    """

    name: str
    voice: str
    mel: F32
    motion: F32

    def __len__(self) -> int:
        return len(self.motion)


def shifted(face: TalkingFace, late_ms: float, _: np.random.Generator | None = None) -> TalkingFace:
    """The mouth comes later, earlier below 0; whole frames and parts of frames, ends held."""
    at = np.clip(np.arange(len(face)) - late_ms * MOTION_FPS / 1000.0, 0, len(face) - 1)
    below = np.floor(at).astype(np.intp)
    above = np.minimum(below + 1, len(face) - 1)
    share = (at - below).astype(np.float32)[:, None]
    return replace(face, motion=face.motion[below] * (1 - share) + face.motion[above] * share)


def begun_at(face: TalkingFace, faulty: TalkingFace, frame: int) -> TalkingFace:
    """Right up to a frame, faulty from there on."""
    return replace(face, motion=np.concatenate([face.motion[:frame], faulty.motion[frame:]]))


def other_words(face: TalkingFace, other: TalkingFace) -> TalkingFace:
    """Another recording's face, again from its start where it is shorter."""
    return replace(face, motion=np.resize(other.motion, face.motion.shape))


def frozen(face: TalkingFace, rng: np.random.Generator) -> TalkingFace:
    """One frame for ever."""
    return replace(face, motion=np.tile(face.motion[rng.integers(len(face))], (len(face), 1)))


def damped(face: TalkingFace, _: np.random.Generator) -> TalkingFace:
    """The mouth moves half as far."""
    return _mouth_times(face, 0.5)


def exaggerated(face: TalkingFace, _: np.random.Generator) -> TalkingFace:
    """The mouth moves four fifths further."""
    return _mouth_times(face, 1.8)


def noisy(face: TalkingFace, rng: np.random.Generator) -> TalkingFace:
    """Mouth coefficients wander by their own spread, within tenths of a second."""
    kernel = np.hanning(2 * _NOISE_FRAMES + 3)[1:-1]
    wander = rng.standard_normal(face.motion.shape)
    wander = np.apply_along_axis(np.convolve, 0, wander, kernel, mode="same")
    wander *= face.motion.std(axis=0) / np.sqrt((kernel**2).sum())
    return _with_mouth(face, face.motion + wander.astype(np.float32))


def scrambled(face: TalkingFace, rng: np.random.Generator) -> TalkingFace:
    """Mouth shapes of 120 ms in another order: each is a mouth's, together they say nothing."""
    count = len(face) // _PIECE_FRAMES
    order = rng.permutation(count)
    pieces = face.motion[: count * _PIECE_FRAMES].reshape(count, _PIECE_FRAMES, -1)[order]
    rest = face.motion[count * _PIECE_FRAMES :]
    return _with_mouth(face, np.concatenate([pieces.reshape(-1, face.motion.shape[1]), rest]))


SPOILT: Mapping[str, Callable[[TalkingFace, np.random.Generator], TalkingFace]] = {
    "frozen": frozen,
    "damped": damped,
    "exaggerated": exaggerated,
    "noisy": noisy,
    "scrambled": scrambled,
}


def _mouth_times(face: TalkingFace, size: float) -> TalkingFace:
    return _with_mouth(face, face.motion * np.float32(size))


def _with_mouth(face: TalkingFace, motion: F32) -> TalkingFace:
    """The face with another mouth, its weights within bounds."""
    made = np.where(_MOUTH, motion, face.motion)
    made[:, :ARKIT_COUNT] = made[:, :ARKIT_COUNT].clip(0.0, 1.0)
    return replace(face, motion=made)
