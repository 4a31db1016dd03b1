"""What an emotion does to a face: facial-action knowledge, and the values that ask for it.

**Knowledge, not data.** No part of this was learned: the corpora at hand are spoken neutrally.
Each emotion is a combination of action units (AU) as EMFACS lists them, written in ARKit shapes:

=========  =====================  ==================================================
emotion    action units           ARKit shapes
=========  =====================  ==================================================
happy      6 + 12 (+ 25)          cheekSquint, eyeSquint, mouthSmile, mouthDimple
sad        1 + 4 + 15 (+ 17, 54)  browInnerUp, browDown, mouthFrown, mouthShrug
angry      4 + 5 + 7 + 23, 24     browDown, eyeWide, eyeSquint, mouthPress, mouthRoll
surprised  1 + 2 + 5 (+ 26)       browInnerUp, browOuterUp, eyeWide, jawOpen
afraid     1 + 2 + 4 + 5 + 7, 20  the same, browDown, eyeSquint, mouthStretch
disgusted  9 + 10 (+ 4, 15, 17)   noseSneer, mouthUpperUp, cheekSquint, mouthFrown
=========  =====================  ==================================================

The strengths are chosen by eye on the shipped head.

Source: Ekman, Friesen & Hager 2002, 'Facial Action Coding System: Investigator's Guide', table of
prototypes; Friesen & Ekman 1983, 'EMFACS-7'; AU to ARKit after Apple's `ARFaceAnchor` descriptions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from stream_engine.errors import ConfigError
from stream_engine.motion.arkit import COEFFICIENT_COUNT, INDEX
from stream_engine.types import F32


def _both(name: str, weight: float) -> dict[str, float]:
    return {name + "Left": weight, name + "Right": weight}


ACTIONS: Mapping[str, Mapping[str, float]] = {
    "neutral": {},
    "happy": {
        **_both("cheekSquint", 0.65),
        **_both("eyeSquint", 0.3),
        **_both("mouthSmile", 0.75),
        **_both("mouthDimple", 0.15),
        **_both("mouthUpperUp", 0.2),
        **_both("browOuterUp", 0.12),
    },
    "sad": {
        "browInnerUp": 1.0,
        **_both("browDown", 0.1),
        **_both("mouthFrown", 0.8),
        "mouthShrugLower": 0.3,
        "mouthShrugUpper": 0.36,
        **_both("eyeLookDown", 0.2),
        **_both("eyeBlink", 0.12),
        "headPitch": 0.06,
    },
    "angry": {
        **_both("browDown", 0.95),
        **_both("noseSneer", 0.35),
        **_both("eyeWide", 0.15),
        **_both("eyeSquint", 0.5),
        **_both("mouthPress", 0.3),
        **_both("mouthFrown", 0.3),
        "mouthRollLower": 0.15,
        "jawForward": 0.15,
        "headPitch": 0.05,
    },
    "surprised": {
        "browInnerUp": 0.9,
        **_both("browOuterUp", 0.95),
        **_both("eyeWide", 0.8),
        "jawOpen": 0.08,
        "headPitch": -0.04,
    },
    "afraid": {
        "browInnerUp": 1.0,
        **_both("browOuterUp", 0.45),
        **_both("browDown", 0.2),
        **_both("eyeWide", 0.9),
        **_both("eyeSquint", 0.15),
        **_both("mouthStretch", 0.7),
        **_both("mouthFrown", 0.2),
        "jawOpen": 0.05,
        "headPitch": -0.04,
    },
    "disgusted": {
        **_both("noseSneer", 0.9),
        **_both("cheekSquint", 0.4),
        **_both("eyeSquint", 0.4),
        **_both("browDown", 0.45),
        **_both("mouthUpperUp", 0.4),
        **_both("mouthFrown", 0.4),
        "mouthShrugLower": 0.25,
        "mouthShrugUpper": 0.3,
        "headPitch": -0.02,
    },
}
"""Weight of each shape at intensity 1, mouth closed and silent; head rotation in radians."""

OPENING_MM = {
    "jawForward": 1.3,
    "jawOpen": 32.6,
    "mouthClose": -32.6,
    "mouthFunnel": 9.9,
    "mouthPucker": -2.1,
    "mouthRight": -1.3,
    "mouthLeft": -1.3,
    "mouthSmile": -1.2,
    "mouthDimple": 0.3,
    "mouthStretch": 0.2,
    "mouthRollLower": -2.8,
    "mouthRollUpper": -0.9,
    "mouthShrugLower": -4.5,
    "mouthShrugUpper": 3.2,
    "mouthPress": -0.9,
    "mouthLowerDown": 2.0,
    "mouthUpperUp": 2.5,
    "cheekPuff": -1.0,
}
"""How far a shape at 1, or each of its sides, opens the middle of the lips of the shipped head."""

EMOTIONS = tuple(ACTIONS)
MANNER_SIZE = len(EMOTIONS) + 1
STYLE_MAX = 2.0
_FIX = "see docs/expression.md"


@cache
def action_table() -> F32:
    """What each emotion adds at intensity 1, float32 [E, D] in the order of ``EMOTIONS``."""
    table = np.zeros((len(EMOTIONS), COEFFICIENT_COUNT), np.float32)
    for row, shapes in enumerate(ACTIONS.values()):
        for name, weight in shapes.items():
            table[row, INDEX[name]] = weight
    table.setflags(write=False)
    return table


@dataclass(frozen=True, slots=True)
class Manner:
    """How something is to be said; may change at any moment of a session.

    Attributes:
        emotion: One of ``EMOTIONS``.
        intensity: How much of it, 0..1.
        style: Strength of articulation; 1 as generated, 0..2.
    """

    emotion: str = "neutral"
    intensity: float = 0.7
    style: float = 1.0

    def __post_init__(self) -> None:
        if self.emotion not in EMOTIONS:
            known = ", ".join(EMOTIONS)
            raise ConfigError(
                "unknown emotion", got=repr(self.emotion)[:40], expected=f"one of {known}", fix=_FIX
            )
        for name, value, most in (
            ("intensity", self.intensity, 1.0),
            ("style", self.style, STYLE_MAX),
        ):
            if not 0.0 <= value <= most:  # NaN is in no range
                raise ConfigError(
                    f"{name} is out of range",
                    got=str(value)[:40],
                    expected=f"0..{most:g}",
                    fix=_FIX,
                )

    def changed(
        self, emotion: str | None, intensity: float | None, style: float | None
    ) -> "Manner":
        """Give this manner with what is not None replaced; ConfigError if that is no manner."""
        return Manner(
            self.emotion if emotion is None else emotion,
            self.intensity if intensity is None else intensity,
            self.style if style is None else style,
        )

    def row(self) -> F32:
        """Weight of each emotion, then the style, float32 [8]."""
        row = np.zeros(MANNER_SIZE, np.float32)
        row[EMOTIONS.index(self.emotion)] = self.intensity
        row[-1] = self.style
        return row
