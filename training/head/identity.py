"""A person in a few words: age, sex, ancestry and features as weights of MakeHuman targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from itertools import product

from stream_engine.errors import AssetError

ANCESTRIES = ("african", "asian", "caucasian")
"""As MakeHuman's targets are called."""

AGES = {"child": 10.0, "young": 25.0, "old": 90.0}
"""Years at which its targets stand; between them they are mixed."""

_FOLDERS = (
    "cheek",
    "chin",
    "ears",
    "eyebrows",
    "eyes",
    "forehead",
    "head",
    "mouth",
    "neck",
    "nose",
)
_PROPORTIONS = "macrodetails/proportions/{}-{}-averagemuscle-averageweight-idealproportions"
_LEAST = 1e-6


def identity_of(
    age: float, sex: float, ancestry: Mapping[str, float], features: Mapping[str, float]
) -> dict[str, float]:
    """Give a person's targets.

    Args:
        age: Years, 10..90.
        sex: 0 female, 1 male, between them between.
        ancestry: Shares by name; what they add up to is taken as the whole.
        features: Weights of further targets, such as ``nose/nose-hump-incr``.

    Returns:
        Weights by target.

    Raises:
        AssetError: If a number is out of range or an ancestry unknown.
    """
    if not AGES["child"] <= age <= AGES["old"]:
        raise AssetError("age out of range", got=f"{age:g}", expected="10..90 years")
    if not 0.0 <= sex <= 1.0:
        raise AssetError("sex out of range", got=f"{sex:g}", expected="0 (female) .. 1 (male)")
    total = sum(ancestry.values())
    unknown = [name for name in ancestry if name not in ANCESTRIES]
    if unknown or total <= 0.0 or min(ancestry.values()) < 0.0:
        raise AssetError(
            "ancestry that is none",
            got=", ".join(f"{k}={v:g}" for k, v in ancestry.items()) or "nothing",
            expected="shares of " + ", ".join(ANCESTRIES),
            fix="--ancestry african=0.5,asian=0.5",
        )
    made: dict[str, float] = {}
    sexes = {"female": 1.0 - sex, "male": sex}
    for (gender, share), (years, part) in product(sexes.items(), _ages(age).items()):
        for name, weight in ancestry.items():
            made[f"macrodetails/{name}-{gender}-{years}"] = share * part * weight / total
        made[_PROPORTIONS.format(gender, years)] = share * part
    kept = {name: weight for name, weight in made.items() if weight > _LEAST}
    return kept | dict(features)


def read_features(text: str, known: Sequence[str]) -> dict[str, float]:
    """Read ``nose-hump-incr=0.5,eye-scale-incr=0.3``.

    Args:
        text: What stands on the command line; may be empty.
        known: All targets, as ``nose/nose-hump-incr``; of pairs ``eyes/l-eye-scale-incr``.

    Returns:
        Weights by target, of pairs for both sides.

    Raises:
        AssetError: If a feature is unknown, or its weight none of 0..1.
    """
    by_name: dict[str, list[str]] = {}
    for target in known:
        plain = target.rpartition("/")[2]
        for name in {target, plain, plain.removeprefix("l-").removeprefix("r-")}:
            by_name.setdefault(name, []).append(target)
    found: dict[str, float] = {}
    for pair in filter(None, text.split(",")):
        name, _, number = pair.partition("=")
        if name not in by_name:
            close = get_close_matches(name, by_name, n=5, cutoff=0.3)
            raise AssetError("unknown feature", got=name, expected=" or ".join(close))
        try:
            weight = float(number)
        except ValueError as error:
            raise AssetError("feature without weight", got=pair, fix=f"{name}=0.5") from error
        if not 0.0 <= weight <= 1.0:
            raise AssetError("weight of a feature out of range", got=pair, expected="0..1")
        found |= dict.fromkeys(by_name[name], weight)
    return found


def is_feature(target: str) -> bool:
    """Is a target one of the face's, and no measure of the body?"""
    folder, _, name = target.partition("/")
    return folder in _FOLDERS and not name.startswith("measure")


def _ages(age: float) -> dict[str, float]:
    """Shares of MakeHuman's ages."""
    low, high = ("child", "young") if age < AGES["young"] else ("young", "old")
    share = (age - AGES[low]) / (AGES[high] - AGES[low])
    return {low: 1.0 - share, high: share}
