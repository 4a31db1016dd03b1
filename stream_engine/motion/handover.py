"""From a face that is cut short to the one that comes after: a blend, never a snap.

::

    speech that was cut | held: lips close, eyes open, the rest stays | new motion, eased in
                      first                                        resume

What was cut is not shown again. Between the two there is no motion to be had, since the model
begins anew; the face that was shown last is held, its mouth falling shut. What is different about
the first new frame is then taken back little by little (inertialization: Bollo 2018, GDC).
"""

from dataclasses import dataclass

import numpy as np

from stream_engine.motion.arkit import ARKIT_COUNT, COEFFICIENT_NAMES, MOUTH_NAMES
from stream_engine.types import F32

FALL = (0.6, 0.2, 0.0)
"""What is left of an open mouth in the frames after a cut."""

NEUTRAL_FRAMES = len(FALL)
"""The last of so many frames after a cut has its mouth shut."""

_EASE_FRAMES, _EASE_MOUTH_FRAMES = 12, 3
_FALLING = np.array([name.startswith((*MOUTH_NAMES, "eyeBlink")) for name in COEFFICIENT_NAMES])
_MOUTH = np.array([name.startswith(tuple(MOUTH_NAMES)) for name in COEFFICIENT_NAMES])


@dataclass(frozen=True, slots=True)
class Handover:
    """One cut, and what is shown after it.

    Attributes:
        first: First frame after the cut.
        resume: First frame of the new motion, not before ``first``.
        face: What was shown in the frame before ``first``, float32 [D].
        cut_s: Wall time of the cut.
    """

    first: int
    resume: int
    face: F32
    cut_s: float = 0.0

    @property
    def settled(self) -> int:
        """First frame in which nothing of the cut is left."""
        return self.resume + _EASE_FRAMES

    def shown(self, frame: int, motion: F32 | None, begun: F32 | None) -> F32 | None:
        """The face of any frame since the cut before this one.

        Args:
            frame: Which.
            motion: Its motion, float32 [D], if any was made.
            begun: The same of frame ``resume``.

        Returns:
            float32 [D], or None if there is none to be had.
        """
        if self.first <= frame < self.resume:
            return self.held(frame)
        if motion is None or frame < self.first:
            return motion
        return self.eased(frame, motion, motion if begun is None else begun)

    def held(self, frame: int) -> F32:
        """The face of a frame between ``first`` and ``resume``, float32 [D]."""
        since = frame - self.first
        left = FALL[since] if since < NEUTRAL_FRAMES else 0.0
        return np.where(_FALLING, left * self.face, self.face).astype(np.float32)

    def eased(self, frame: int, motion: F32, begun: F32) -> F32:
        """The face of a frame from ``resume`` on.

        Args:
            frame: Which.
            motion: Its new motion, float32 [D].
            begun: The new motion of frame ``resume``, float32 [D].

        Returns:
            float32 [D]; ``motion`` itself once half a second has gone.
        """
        since = frame - self.resume
        if since >= _EASE_FRAMES:
            return motion
        frames = np.where(_MOUTH, _EASE_MOUTH_FRAMES, _EASE_FRAMES)
        share = np.clip(1.0 - since / frames, 0.0, 1.0)
        # The frame at `resume` has moved a step already: held still, it would be a frame too long.
        kept = (share * share * (3.0 - 2.0 * share)) * (1.0 - 1.0 / frames)
        # What fell goes on falling: new motion may begin before the mouth is shut.
        shown = (motion + kept * (self.held(frame) - begun)).astype(np.float32)
        shown[:ARKIT_COUNT] = shown[:ARKIT_COUNT].clip(0.0, 1.0)
        return shown
