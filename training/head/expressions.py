"""Named expressions for stills and tests."""

from __future__ import annotations

from collections.abc import Mapping


def _both(name: str, weight: float) -> dict[str, float]:
    return {name + "Left": weight, name + "Right": weight}


EXPRESSIONS: Mapping[str, Mapping[str, float]] = {
    "neutral": {},
    "jaw open": {"jawOpen": 0.85},
    "smile": {
        **_both("mouthSmile", 0.75),
        **_both("cheekSquint", 0.5),
        **_both("eyeSquint", 0.3),
        **_both("mouthUpperUp", 0.25),
        "jawOpen": 0.06,
    },
    "funnel": {"mouthFunnel": 0.9, "jawOpen": 0.2},
    "pucker": {"mouthPucker": 0.9},
    "lips closed": {"jawOpen": 0.6, "mouthClose": 0.6},
    "blink": _both("eyeBlink", 1.0),
    "brows up": {"browInnerUp": 0.9, **_both("browOuterUp", 0.9), **_both("eyeWide", 0.6)},
    "angry": {
        **_both("browDown", 0.95),
        **_both("noseSneer", 0.55),
        **_both("mouthFrown", 0.6),
        **_both("eyeSquint", 0.4),
    },
    "tongue out": {"tongueOut": 0.9, "jawOpen": 0.45},
    "look left": {"eyeLookOutLeft": 0.85, "eyeLookInRight": 0.85},
    "sad": {"browInnerUp": 0.8, **_both("mouthFrown", 0.8), **_both("eyeLookDown", 0.4)},
    "ee": {
        **_both("mouthStretch", 0.5),
        **_both("mouthSmile", 0.3),
        "jawOpen": 0.18,
        **_both("mouthLowerDown", 0.4),
        **_both("mouthUpperUp", 0.3),
    },
    "f": {"mouthRollLower": 0.7, **_both("mouthUpperUp", 0.3), "jawOpen": 0.1},
    "turn left": {"headYaw": 0.35},
    "turn right": {"headYaw": -0.35, "headPitch": 0.1},
}
