"""Which ARKit shape a file's name for a shape means.

A name comes to one of: an ARKit shape; half or both sides of one (``mouthSmile``,
``browInnerUpLeft``); a viseme of Oculus' set (``viseme:PP``). `complete` makes the rest of that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from stream_engine.avatar.visemes import VISEMES
from stream_engine.errors import AssetError
from stream_engine.motion.arkit import ARKIT_NAMES

VISEME = "viseme:"
SIDES = ("Left", "Right")
_PAIRS = tuple(name.removesuffix("Left") for name in ARKIT_NAMES if name.endswith("Left"))
_MIDDLE = tuple(name for name in ARKIT_NAMES if not name.endswith(SIDES))
BOTH = tuple(pair for pair in _PAIRS if pair not in ("jaw", "mouth"))
"""What stands for both sides: ``mouthSmile``; ``jawLeft`` and ``mouthLeft`` are no halves."""

HALVES = tuple(name + side for name in _MIDDLE if name not in ("jaw", "mouth") for side in SIDES)
TARGETS = (*ARKIT_NAMES, *BOTH, *HALVES, *(VISEME + name for name in VISEMES))

_VISEME_NAMES = {name.lower(): VISEME + name for name in VISEMES} | {
    "ih": VISEME + "I",
    "ee": VISEME + "I",
    "oh": VISEME + "O",
    "ou": VISEME + "U",
}
_VOWELS = {letter: VISEME + name for letter, name in zip("aeiou", ("aa", "E", "I", "O", "U"))}  # noqa: B905
_VRM_1 = {"aa": "aa", "ih": "I", "ou": "U", "ee": "E", "oh": "O"}
_OTHERS = {
    # VRM's presets, and what VRoid and Japanese rigs call them
    "blink": "eyeBlink", "fcleyeclose": "eyeBlink", "fcleyecloseleft": "eyeBlinkLeft",
    "fcleyecloseright": "eyeBlinkRight", "blinkleft": "eyeBlinkLeft", "blinkright": "eyeBlinkRight",
    "winkleft": "eyeBlinkLeft", "winkright": "eyeBlinkRight",
    "lookup": "eyeLookUp", "lookdown": "eyeLookDown",
    "あ": VISEME + "aa", "い": VISEME + "I", "う": VISEME + "U", "え": VISEME + "E",
    "お": VISEME + "O", "まばたき": "eyeBlink",
    # plain words
    "mouthopen": "jawOpen", "openmouth": "jawOpen", "jawdrop": "jawOpen", "smile": "mouthSmile",
    "frown": "mouthFrown", "puff": "cheekPuff", "browsup": "browOuterUp", "kiss": "mouthPucker",
    "pucker": "mouthPucker", "sneer": "noseSneer", "squint": "eyeSquint", "tongue": "tongueOut",
    "eyesclosed": "eyeBlink", "browsdown": "browDown", "funnel": "mouthFunnel",
}  # fmt: skip
_CUT = 0.78
_SIDE = {"L": "Left", "R": "Right"}


@dataclass(frozen=True, slots=True)
class Naming:
    """What a file's names came to.

    Attributes:
        targets: One of `TARGETS` by the file's name.
        unknown: Names that mean nothing here, with the likeliest target or an empty string.
        doubled: Names whose target an earlier one had already.
    """

    targets: Mapping[str, str]
    unknown: Mapping[str, str]
    doubled: tuple[str, ...] = ()

    @property
    def table(self) -> list[str]:
        """What each name came to; of those that are ARKit's own, only how many there are."""
        other = [f"{name} = {target}" for name, target in self.targets.items() if name != target]
        own = len(self.targets) - len(other)
        lines = ([f"{own} as ARKit calls them"] if own else []) + other
        for name, hint in self.unknown.items():
            lines.append(f"{name} = ?" + (f"  (meant as --map '{name}={hint}'?)" if hint else ""))
        return lines


def name_shapes(names: Sequence[str], told: Mapping[str, str] | None = None) -> Naming:
    """Map the names of a file.

    Args:
        names: As they stand there.
        told: Targets by name that somebody said; they win.

    Returns:
        What they came to.

    Raises:
        AssetError: If a name or target that was told is none.
    """
    told = told or {}
    _check(told, names)
    targets: dict[str, str] = {name: told[name] for name in names if name in told}
    unknown: dict[str, str] = {}
    doubled: list[str] = []
    for name in names:
        if name in told:
            continue
        target = target_of(name)
        if target is None:
            unknown[name] = hint_for(name)
        elif target in targets.values():
            doubled.append(name)
        else:
            targets[name] = target
    return Naming(
        {name: targets[name] for name in names if name in targets}, unknown, tuple(doubled)
    )


def target_of(name: str) -> str | None:
    """Give what a name means, None if it says nothing certain."""
    plain = _plain(name)
    if plain.startswith("vrm1") and plain[4:] in _VRM_1:
        return VISEME + _VRM_1[plain[4:]]
    for tail in _tails(name):
        found = _KNOWN.get(tail)
        if found is not None:
            return found
    viseme = re.search(r"(?:viseme|vrc\.v|^v)[_.\- ]*([A-Za-z]{1,2})$", name)
    if viseme and viseme[1].lower() in _VISEME_NAMES | _VOWELS:
        return (_VISEME_NAMES | _VOWELS)[viseme[1].lower()]
    mouth = re.search(r"(?:^|mth[_.]|mouth[_.]|vrm0?[_.])([aiueo])$", name, re.IGNORECASE)
    return _VOWELS[mouth[1].lower()] if mouth else None


def hint_for(name: str) -> str:
    """Give the likeliest target of an unknown name, or nothing."""
    plain = _plain(name)
    close = get_close_matches(plain, list(_KNOWN), n=1, cutoff=_CUT)
    return _KNOWN[close[0]] if close else ""


def _check(told: Mapping[str, str], names: Sequence[str]) -> None:
    for name, target in told.items():
        if name not in names:
            close = get_close_matches(name, names, n=3, cutoff=0.5)
            raise AssetError(
                "a shape that was to be mapped is not in the file",
                got=name,
                expected=" or ".join(close) or ", ".join(names[:60]) or "a file with shapes",
                fix="give --map the name as it stands in the file",
            )
        if target not in TARGETS:
            close = get_close_matches(target, TARGETS, n=3, cutoff=0.4)
            raise AssetError(
                f"shape {name!r} cannot be mapped to what is no shape",
                got=target,
                expected=" or ".join(close) or "one of " + ", ".join(ARKIT_NAMES),
                fix="name an ARKit shape",
            )


def _plain(name: str) -> str:
    """Lower case, letters and digits alone, sides spelt out."""
    name = re.sub(r"[_.\- ]+(l|left)$", "Left", name, flags=re.IGNORECASE)
    name = re.sub(r"[_.\- ]+(r|right)$", "Right", name, flags=re.IGNORECASE)
    name = re.sub(r"(?<=[a-z])([LR])$", lambda side: _SIDE[side[1]], name)
    return re.sub(r"[^\w]|_", "", name).lower()


def _tails(name: str) -> list[str]:
    """The name, and what is left without what stands before dots and underscores."""
    cuts = [0, *(match.end() for match in re.finditer(r"[_.:|/ \-]+", name))]
    return [_plain(name[cut:]) for cut in cuts if len(name) > cut]


_KNOWN: dict[str, str] = {
    **{name.lower(): name for name in (*BOTH, *HALVES)},
    **{name.lower(): name for name in ARKIT_NAMES},
    **_OTHERS,
}
