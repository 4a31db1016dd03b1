"""A mouth driven by the voice alone, through a dozen visemes: what is left when the model fails.

::

    coarse log-mel of a frame and its neighbours ─► softmax ─► share of each viseme ─► mouth pose

It knows nothing of the model, so what is wrong there is not wrong here. It is plainer: no
coarticulation, one strength. Poses wait for as long as the model's lookahead, so that the mouth
changes hands without a jump in time, and over `FADE_FRAMES` without one in shape.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from stream_engine.errors import AssetError
from stream_engine.features.coarse_mel import COARSE_BANDS, coarse_mel
from stream_engine.features.log_mel import MELS_PER_FRAME
from stream_engine.motion.arkit import COEFFICIENT_COUNT
from stream_engine.types import F32

CONTEXT_FRAMES, AHEAD_FRAMES = 4, 1
"""A frame, the two before it and the one after it: every profile waits for that one anyway."""

FRAME_FEATURES = 2 * COARSE_BANDS
FEATURES = FRAME_FEATURES * CONTEXT_FRAMES
"""Numbers a viseme is told by: 20 bands, two halves of a frame, its neighbours."""

FADE_FRAMES = 5

_SMOOTH = 0.35
"""Kept of the pose before, per frame."""


@dataclass(frozen=True, slots=True)
class Visemes:
    """What the mouth is made of.

    Attributes:
        weights: Of each feature for each viseme, float32 [FEATURES + 1, V]; the last row is 1's.
        poses: Coefficients of each, float32 [V, D]; 0 but for the mouth.
        mouth: Which coefficients those are, bool [D].
    """

    weights: F32
    poses: F32
    mouth: np.ndarray

    def pose(self, features: F32) -> F32:
        """Mouth of frames, float32 [T, D], from their features, float32 [T, FEATURES]."""
        logits = features @ self.weights[:-1] + self.weights[-1]
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        pose: F32 = (odds / odds.sum(axis=1, keepdims=True)) @ self.poses
        return pose


def load_visemes(path: Path) -> Visemes:
    """Read visemes that `training.viseme_mouth` wrote.

    Args:
        path: The file.

    Returns:
        The visemes.

    Raises:
        AssetError: If it is missing or broken.
    """
    try:
        with np.load(path) as file:
            weights, poses = (file[name].astype(np.float32) for name in ("weights", "poses"))
    except (OSError, KeyError, ValueError) as error:
        raise AssetError("visemes cannot be read", got=f"{path}: {error!r}") from error
    if weights.shape[0] != FEATURES + 1 or poses.shape != (weights.shape[1], COEFFICIENT_COUNT):
        raise AssetError("visemes have another shape", got=f"{weights.shape}, {poses.shape}")
    return Visemes(weights, poses, poses.any(axis=0))


def frame_features(mel: F32, past: F32) -> tuple[F32, F32]:
    """What visemes are told by.

    Args:
        mel: Log-mel, float32 [4 T, F].
        past: Halves of the frames before, float32 [CONTEXT_FRAMES - 1, FRAME_FEATURES].

    Returns:
        float32 [T, FEATURES], each of the frame `AHEAD_FRAMES` before; and the next past.
    """
    frames = len(mel) // MELS_PER_FRAME
    run = np.concatenate([past, coarse_mel(mel).reshape(frames, FRAME_FEATURES)])
    seen = np.lib.stride_tricks.sliding_window_view(run, CONTEXT_FRAMES, axis=0)
    features: F32 = seen.transpose(0, 2, 1).reshape(frames, FEATURES)
    return features, run[frames:]


@dataclass(slots=True)
class VisemeMouth:
    """The plain mouth of one session, from when it is wanted until it has faded out.

    Args:
        visemes: What it is made of.
        window: Frames of the profile's window.

    Attributes:
        wanted: It is to be shown.
    """

    visemes: Visemes
    window: int
    wanted: bool = True
    _past: F32 = field(init=False)
    _poses: F32 | None = field(default=None, init=False)
    _last: F32 = field(init=False)
    _share: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._past = np.zeros((CONTEXT_FRAMES - 1, FRAME_FEATURES), np.float32)
        self._last = np.zeros(COEFFICIENT_COUNT, np.float32)

    @property
    def over(self) -> bool:
        """It has faded out."""
        return not self.wanted and self._share == 0.0

    def step(self, mel: F32, frames: F32) -> F32:
        """Put the mouth into the final frames of one window.

        Args:
            mel: Newest features, float32 [4 A, F].
            frames: What became final, float32 [E, D].

        Returns:
            float32 [E, D].
        """
        features, self._past = frame_features(mel, self._past)
        made = self.visemes.pose(features)
        if self._poses is None:  # what was heard before is not known: the mouth begins shut
            missing = max(0, self.window - AHEAD_FRAMES - len(made))
            self._poses = np.zeros((missing, COEFFICIENT_COUNT), np.float32)
        self._poses = np.concatenate([self._poses, made])
        shown = frames.copy()
        for at in range(len(frames)):
            target = self._poses[at] if at < len(self._poses) else self._last
            self._last = _SMOOTH * self._last + (1.0 - _SMOOTH) * target
            step = 1.0 / FADE_FRAMES
            share = self._share + (step if self.wanted else -step)
            self._share = min(1.0, max(0.0, share))
            mixed = frames[at] + self._share * (self._last - frames[at])
            shown[at] = np.where(self.visemes.mouth, mixed, frames[at])
        self._poses = self._poses[len(frames) :]
        return np.nan_to_num(shown, nan=0.0, posinf=1.0, neginf=0.0)
