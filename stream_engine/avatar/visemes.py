"""What a mouth does for each group of sounds, as ARKit shapes: Oculus' fifteen visemes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from stream_engine.avatar.found_head import F64
from stream_engine.motion.arkit import ARKIT_COUNT, INDEX


@dataclass(frozen=True, slots=True)
class Viseme:
    """A group of sounds that look alike.

    Attributes:
        sounds: As a reader of English would write them.
        weights: Of the shapes that make it; of a pair both take the same, named without its side.
    """

    sounds: str
    weights: Mapping[str, float]


VISEMES: Mapping[str, Viseme] = {
    "PP": Viseme("p b m", {"mouthClose": 0.15, "mouthPress": 0.45, "mouthRollLower": 0.2,
                           "mouthRollUpper": 0.2, "jawOpen": 0.15}),
    "FF": Viseme("f v", {"mouthRollLower": 0.5, "mouthUpperUp": 0.3, "jawOpen": 0.06}),
    "TH": Viseme("th", {"jawOpen": 0.15, "tongueOut": 0.25, "mouthLowerDown": 0.15,
                        "mouthUpperUp": 0.15}),
    "DD": Viseme("t d", {"jawOpen": 0.1, "mouthLowerDown": 0.2, "mouthUpperUp": 0.15}),
    "kk": Viseme("k g", {"jawOpen": 0.2, "mouthLowerDown": 0.1, "mouthStretch": 0.1}),
    "CH": Viseme("ch j sh", {"mouthFunnel": 0.5, "mouthPucker": 0.2, "jawOpen": 0.08}),
    "SS": Viseme("s z", {"mouthStretch": 0.3, "mouthSmile": 0.15, "mouthLowerDown": 0.25,
                         "mouthUpperUp": 0.1, "jawOpen": 0.04}),
    "nn": Viseme("n l", {"jawOpen": 0.15, "mouthLowerDown": 0.15, "mouthUpperUp": 0.1}),
    "RR": Viseme("r", {"mouthFunnel": 0.3, "mouthPucker": 0.3, "jawOpen": 0.12}),
    "aa": Viseme("ah", {"jawOpen": 0.55, "mouthLowerDown": 0.2, "mouthUpperUp": 0.1}),
    "E": Viseme("eh", {"jawOpen": 0.3, "mouthStretch": 0.25, "mouthSmile": 0.15}),
    "I": Viseme("ee", {"jawOpen": 0.15, "mouthSmile": 0.35, "mouthStretch": 0.2}),
    "O": Viseme("oh", {"jawOpen": 0.35, "mouthFunnel": 0.6}),
    "U": Viseme("oo w", {"jawOpen": 0.12, "mouthPucker": 0.7, "mouthFunnel": 0.3}),
}  # fmt: skip
"""By Oculus' names; its fifteenth, silence, is the mouth at rest. Articulation, not data."""

FACE: Mapping[str, tuple[str, ...]] = {
    "blinks": ("eyeBlinkLeft", "eyeBlinkRight"),
    "gaze": tuple(
        f"eyeLook{way}{side}" for way in ("Up", "Down", "In", "Out") for side in ("Left", "Right")
    ),
    "brows": (
        "browInnerUp",
        "browDownLeft",
        "browDownRight",
        "browOuterUpLeft",
        "browOuterUpRight",
    ),
    "smile": ("mouthSmileLeft", "mouthSmileRight", "cheekSquintLeft", "cheekSquintRight"),
    "frown": ("mouthFrownLeft", "mouthFrownRight", "noseSneerLeft", "noseSneerRight"),
}
"""What else a face needs to look alive."""


def shapes_of(name: str) -> dict[str, float]:
    """Give a viseme's weights by the names of ARKit's shapes, both sides of a pair."""
    whole: dict[str, float] = {}
    for shape, weight in VISEMES[name].weights.items():
        sides = (shape,) if shape in INDEX else (shape + "Left", shape + "Right")
        whole.update(dict.fromkeys(sides, weight))
    return whole


def pose_of(name: str) -> F64:
    """Give a viseme as the weights of all shapes, float64 [52]."""
    row = np.zeros(ARKIT_COUNT)
    for shape, weight in shapes_of(name).items():
        row[INDEX[shape]] = weight
    return row
