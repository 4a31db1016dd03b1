"""Who is built: a recipe for each avatar; none is meant to resemble a real person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from training.head import recipe

Color = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Complexion:
    """Colours of the skin, sRGB 0..1.

    Attributes:
        skin: Where nothing else is painted.
        blush: Cheeks, nose and ears turn to it.
        shade: Sockets, lids and creases turn to it.
        lips: The lips.
        lip_cover: How much of the lips' colour shows over the skin's, 0..1.
        stubble: Share of a shaved beard's shadow, 0..1.
        oil: How much it shines, about 1.
        age: Lines and spots of age, 0..1.
    """

    skin: Color = (0.790, 0.612, 0.522)
    blush: Color = (0.780, 0.455, 0.400)
    shade: Color = (0.570, 0.400, 0.350)
    lips: Color = (0.700, 0.395, 0.375)
    lip_cover: float = 0.80
    stubble: float = 0.17
    oil: float = 1.0
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class Hair:
    """How hair grows.

    Attributes:
        color: Of the hair, sRGB 0..1.
        recede_m: How far the line at the temples has gone back; the front half as far.
        top_m: How far the scalp's surface is lifted on top.
        side_m: At the sides.
        back_m: At the back.
        strand_top_mm: Length of the strands that stand off that surface, on top.
        strand_side_mm: At the sides.
        density: 0..1.
        curl: 0 for straight strands, 1 for tight curls.
        swept: Strands run back from the brow, not out from the crown.
    """

    color: Color = (0.215, 0.150, 0.108)
    recede_m: float = 0.0
    top_m: float = 0.017
    side_m: float = 0.0045
    back_m: float = 0.008
    strand_top_mm: float = 6.5
    strand_side_mm: float = 2.2
    density: float = 0.85
    curl: float = 0.0
    swept: bool = False


@dataclass(frozen=True, slots=True)
class Beard:
    """A short beard.

    Attributes:
        color: sRGB 0..1.
        length_mm: Of its hairs.
        density: 0..1.
    """

    color: Color
    length_mm: float
    density: float


@dataclass(frozen=True, slots=True)
class Looks:
    """One avatar.

    Attributes:
        about: Who it is, in a sentence.
        identity: MakeHuman targets added to the base mesh, with their weights.
        complexion: Skin and lips.
        hair: On the head.
        brow: Colour of the brows, sRGB 0..1.
        brow_hairs: How many hairs a brow has.
        brow_width: Times the usual.
        iris: sRGB 0..1.
        cloth: The garment, sRGB 0..1.
        beard: If any.
    """

    about: str
    identity: Mapping[str, float]
    complexion: Complexion
    hair: Hair
    brow: Color
    iris: Color
    cloth: Color
    brow_hairs: int = 640
    brow_width: float = 1.0
    beard: Beard | None = None


DEFAULT = Looks(
    "A young adult of mixed ancestry.",
    recipe.IDENTITY,
    Complexion(),
    Hair(),
    brow=(0.160, 0.110, 0.082),
    iris=(0.330, 0.235, 0.165),
    cloth=(0.200, 0.245, 0.305),
)

_NIA = Looks(
    "A woman in middle age, of mostly African ancestry.",
    {
        "macrodetails/african-female-young": 0.58,
        "macrodetails/african-female-old": 0.27,
        "macrodetails/caucasian-female-young": 0.15,
        "macrodetails/universal-female-young-averagemuscle-averageweight": 0.5,
        "macrodetails/proportions/female-young-averagemuscle-averageweight-idealproportions": 0.8,
        "mouth/mouth-angles-up": 0.35,
        "cheek/l-cheek-bones-incr": 0.3,
        "cheek/r-cheek-bones-incr": 0.3,
        "head/head-oval": 0.3,
    },
    Complexion(
        skin=(0.455, 0.312, 0.242),
        blush=(0.440, 0.240, 0.185),
        shade=(0.330, 0.200, 0.145),
        lips=(0.470, 0.225, 0.205),
        lip_cover=0.72,
        stubble=0.0,
        oil=0.80,
        age=0.28,
    ),
    Hair(
        color=(0.150, 0.122, 0.105),
        recede_m=0.002,
        top_m=0.013,
        side_m=0.009,
        back_m=0.011,
        strand_top_mm=5.5,
        strand_side_mm=4.5,
        density=1.0,
        curl=1.0,
    ),
    brow=(0.095, 0.068, 0.055),
    iris=(0.235, 0.145, 0.095),
    cloth=(0.420, 0.215, 0.160),
    brow_hairs=430,
    brow_width=0.80,
)

_OTTO = Looks(
    "An old man of European ancestry with a short beard.",
    {
        "macrodetails/caucasian-male-old": 0.80,
        "macrodetails/caucasian-male-young": 0.20,
        "macrodetails/universal-male-old-averagemuscle-averageweight": 0.5,
        "macrodetails/proportions/male-old-averagemuscle-averageweight-idealproportions": 0.7,
        "nose/nose-hump-incr": 0.25,
        "nose/nose-scale-vert-incr": 0.2,
        "ears/l-ear-scale-incr": 0.25,
        "ears/r-ear-scale-incr": 0.25,
        "mouth/mouth-angles-up": 0.3,
    },
    Complexion(
        skin=(0.800, 0.600, 0.520),
        blush=(0.780, 0.420, 0.370),
        shade=(0.590, 0.400, 0.355),
        lips=(0.640, 0.400, 0.370),
        lip_cover=0.6,
        stubble=0.0,
        oil=0.8,
        age=1.0,
    ),
    Hair(
        color=(0.620, 0.605, 0.580),
        recede_m=0.018,
        top_m=0.008,
        side_m=0.006,
        back_m=0.008,
        strand_top_mm=5.0,
        strand_side_mm=3.5,
        density=0.72,
        swept=True,
    ),
    brow=(0.400, 0.375, 0.350),
    iris=(0.285, 0.330, 0.350),
    cloth=(0.150, 0.190, 0.170),
    brow_hairs=480,
    brow_width=1.15,
    beard=Beard((0.600, 0.580, 0.550), 4.0, 0.88),
)

AVATARS: Mapping[str, Looks] = {"default": DEFAULT, "nia": _NIA, "otto": _OTTO}
"""The avatars that ship, by file name."""
