"""What skin, hair, brows and eyes somebody of an age, sex and ancestry is likely to have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from training.head.looks import DEFAULT, Color, Complexion, Hair, Looks

# One of many for each ancestry; who is of several has something between them.
_SKIN: Mapping[str, Mapping[str, Color]] = {
    "african": {
        "skin": (0.455, 0.312, 0.242),
        "blush": (0.440, 0.240, 0.185),
        "shade": (0.330, 0.200, 0.145),
        "lips": (0.470, 0.225, 0.205),
        "hair": (0.150, 0.122, 0.105),
        "iris": (0.235, 0.145, 0.095),
    },
    "asian": {
        "skin": (0.800, 0.625, 0.505),
        "blush": (0.785, 0.470, 0.395),
        "shade": (0.590, 0.420, 0.335),
        "lips": (0.690, 0.390, 0.365),
        "hair": (0.115, 0.095, 0.085),
        "iris": (0.240, 0.160, 0.110),
    },
    "caucasian": {
        "skin": (0.815, 0.630, 0.550),
        "blush": (0.790, 0.450, 0.400),
        "shade": (0.595, 0.412, 0.365),
        "lips": (0.690, 0.405, 0.380),
        "hair": (0.285, 0.205, 0.145),
        "iris": (0.315, 0.330, 0.320),
    },
}
_GREY: Color = (0.620, 0.605, 0.580)
_GREY_FROM, _GREY_AT = 38.0, 74.0
_LINES_FROM, _LINES_AT = 28.0, 72.0
_RECEDES_FROM, _RECEDES_AT, _RECEDES_M = 25.0, 70.0, 0.018
_BROWS_ARE_DARKER = 0.75


def likely_looks(age: float, sex: float, ancestry: Mapping[str, float]) -> Looks:
    """Choose how somebody looks besides their shape.

    Args:
        age: Years.
        sex: 0 female, 1 male.
        ancestry: Shares by name, as `identity_of` takes them.

    Returns:
        The looks, in the clothes of the shipped avatar and without its identity.
    """
    total = sum(ancestry.values())
    shares = {name: share / total for name, share in ancestry.items()}
    color = {part: _mixed(part, shares) for part in _SKIN["asian"]}
    grey, curl = _grown(age, _GREY_FROM, _GREY_AT), shares.get("african", 0.0)
    thin = sex * _grown(age, _RECEDES_FROM, _RECEDES_AT)
    hair = Hair(
        color=_between(color["hair"], _GREY, grey),
        recede_m=_RECEDES_M * thin,
        top_m=0.017 - 0.004 * curl - 0.005 * thin,
        side_m=0.0045 + 0.0045 * curl,
        back_m=0.008 + 0.003 * curl,
        strand_top_mm=6.5 - curl - thin,
        strand_side_mm=2.2 + 2.3 * curl,
        density=0.85 + 0.15 * curl - 0.13 * thin,
        curl=curl,
    )
    complexion = Complexion(
        **{part: color[part] for part in ("skin", "blush", "shade", "lips")},
        lip_cover=0.82 - 0.20 * sex,
        stubble=0.34 * sex * _grown(age, 14.0, 20.0) * (1.0 - 0.7 * grey),
        oil=1.0 - 0.2 * grey,
        age=_grown(age, _LINES_FROM, _LINES_AT),
    )
    dark = tuple(_BROWS_ARE_DARKER * value for value in color["hair"])
    return replace(
        DEFAULT,
        about=f"A person of {age:g}, made from CC0 targets.",
        identity={},
        complexion=complexion,
        hair=hair,
        brow=_between((dark[0], dark[1], dark[2]), _GREY, 0.55 * grey),
        iris=color["iris"],
        brow_hairs=round(460 + 200 * sex),
        brow_width=0.82 + 0.30 * sex,
    )


def _mixed(part: str, shares: Mapping[str, float]) -> Color:
    """Colours mix as what swallows light does: their logarithms add up."""
    mixed = sum(share * np.log(_SKIN[name][part]) for name, share in shares.items())
    red, green, blue = np.exp(mixed).tolist()
    return red, green, blue


def _between(one: Color, other: Color, share: float) -> Color:
    red, green, blue = ((1 - share) * a + share * b for a, b in zip(one, other, strict=True))
    return red, green, blue


def _grown(age: float, begins: float, whole: float) -> float:
    return min(max((age - begins) / (whole - begins), 0.0), 1.0)
