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
from dataclasses import asdict, dataclass
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
"""Numbers of what a face shows: weight of each emotion, then the style."""
PASSING = slice(MANNER_SIZE, MANNER_SIZE + len(EMOTIONS))
ONSET_S, APEX_S, OFFSET_S, NUMBER = range(PASSING.stop, PASSING.stop + 4)
WISH_SIZE = NUMBER + 1
HEARD = slice(WISH_SIZE, WISH_SIZE + 2)
ROW_SIZE = HEARD.stop
"""Numbers of what is wanted of a session: a manner; an expression that passes, its times and
number; the level of whoever talks to it, and a number."""
NOTHING_HEARD = (-120.0, 0.0)
STYLE_MAX = 2.0
MOST_S = 60.0
_LEAST_S = 0.04
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
class Times:
    """How an expression passes, as asked for; None is the usual time.

    Attributes:
        onset_s: Time in which it comes.
        apex_s: How long it stays.
        offset_s: Time in which it goes.
    """

    onset_s: float | None = None
    apex_s: float | None = None
    offset_s: float | None = None

    @property
    def given(self) -> bool:
        """Whether any is given; an expression without stays until it is changed."""
        return any(time is not None for time in (self.onset_s, self.apex_s, self.offset_s))


@dataclass(frozen=True, slots=True)
class Passing:
    """An expression that comes, stays and goes; the face then is as it was before.

    Attributes:
        emotion: One of ``EMOTIONS``.
        intensity: How much of it, 0..1.
        onset_s: Time in which it comes, 0.04..60.
        apex_s: How long it stays, 0..60.
        offset_s: Time in which it goes, 0.04..60.
    """

    emotion: str
    intensity: float
    onset_s: float = 0.3
    apex_s: float = 0.6
    offset_s: float = 0.6

    def __post_init__(self) -> None:
        _check_emotion(self.emotion)
        _check("intensity", self.intensity, 0.0, 1.0)
        _check("onset_s", self.onset_s, _LEAST_S, MOST_S)
        _check("apex_s", self.apex_s, 0.0, MOST_S)
        _check("offset_s", self.offset_s, _LEAST_S, MOST_S)


@dataclass(frozen=True, slots=True)
class Manner:
    """How something is to be said; may change at any moment of a session.

    Attributes:
        emotion: One of ``EMOTIONS``.
        intensity: How much of it, 0..1.
        style: Strength of articulation; 1 as generated, 0..2.
        passing: What is shown over it for a while, or was.
        passed: How many such there have been; tells one from the one before.
    """

    emotion: str = "neutral"
    intensity: float = 0.7
    style: float = 1.0
    passing: Passing | None = None
    passed: int = 0

    def __post_init__(self) -> None:
        _check_emotion(self.emotion)
        _check("intensity", self.intensity, 0.0, 1.0)
        _check("style", self.style, 0.0, STYLE_MAX)

    def changed(
        self,
        emotion: str | None,
        intensity: float | None,
        style: float | None,
        times: Times | None = None,
    ) -> "Manner":
        """Give this manner with what is not None replaced; ConfigError if that is no manner.

        With times, emotion and intensity pass; without, a new one ends one that is passing.
        """
        look = self.emotion if emotion is None else emotion
        strength = self.intensity if intensity is None else intensity
        new_style = self.style if style is None else style
        if times is not None and times.given:
            asked = {name: time for name, time in asdict(times).items() if time is not None}
            passing = Passing(look, strength, **asked)
            return Manner(
                self.emotion, self.intensity, new_style, passing, self.passed % MOST_COUNTED + 1
            )
        kept = self.passing if emotion is None and intensity is None else None
        return Manner(look, strength, new_style, kept, self.passed)

    def row(self) -> F32:
        """All of it as numbers, float32 [ROW_SIZE], of a session that nobody talks to."""
        row = np.zeros(ROW_SIZE, np.float32)
        row[HEARD] = NOTHING_HEARD
        row[EMOTIONS.index(self.emotion)] = self.intensity
        row[MANNER_SIZE - 1] = self.style
        passing = self.passing
        if passing is not None:
            row[PASSING.start + EMOTIONS.index(passing.emotion)] = passing.intensity
            times = (passing.onset_s, passing.apex_s, passing.offset_s)
            row[ONSET_S:WISH_SIZE] = (*times, self.passed)
        return row


@dataclass(frozen=True, slots=True)
class Heard:
    """How loud somebody is who talks to the face.

    Attributes:
        level_db: Of full scale, -120..0.
        number: Tells it from the one before; it is believed for .6 s.
    """

    level_db: float
    number: int = 1

    def __post_init__(self) -> None:
        _check("level_db", self.level_db, NOTHING_HEARD[0], 0.0)

    def row(self) -> F32:
        """Both as numbers, float32 [2]."""
        return np.array([self.level_db, self.number], np.float32)


MOST_COUNTED = 1 << 20
"""Numbers that tell one from the next begin again after so many: float32 holds them exactly."""


def _check_emotion(emotion: str) -> None:
    if emotion not in EMOTIONS:
        known = ", ".join(EMOTIONS)
        raise ConfigError(
            "unknown emotion", got=repr(emotion)[:40], expected=f"one of {known}", fix=_FIX
        )


def _check(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:  # NaN is in no range
        raise ConfigError(
            f"{name} is out of range",
            got=str(value)[:40],
            expected=f"{least:g}..{most:g}",
            fix=_FIX,
        )
