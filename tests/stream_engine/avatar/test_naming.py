"""Other programs' names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.avatar.naming import TARGETS, name_shapes, target_of
from stream_engine.errors import AssetError
from stream_engine.motion.arkit import ARKIT_NAMES


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("jawOpen", "jawOpen"),
        ("mouthSmile_L", "mouthSmileLeft"),
        ("browInnerUp_R", "browInnerUpRight"),
        ("MouthSmileLeft", "mouthSmileLeft"),
        ("blendShape1.eye_Blink_R", "eyeBlinkRight"),
        ("mouth_left", "mouthLeft"),
        ("mouthSmile", "mouthSmile"),
        ("viseme_PP", "viseme:PP"),
        ("viseme_O", "viseme:O"),
        ("vrc.v_aa", "viseme:aa"),
        ("vrm1_ee", "viseme:E"),
        ("vrm0_e", "viseme:E"),
        ("Face.M_F00_000_00_Fcl_MTH_A", "viseme:aa"),
        ("Fcl_EYE_Close_L", "eyeBlinkLeft"),
        ("vrm1_blinkLeft", "eyeBlinkLeft"),
        ("あ", "viseme:aa"),
        ("eyeBlinkL", "eyeBlinkLeft"),
        ("hat", None),
        ("e", "viseme:E"),
    ],
)
def test_names_of_other_programs(name, target):
    """ARKit, ICT, Oculus, VRM, VRoid and plain words; what says nothing certain is left."""
    assert target_of(name) == target


@given(st.text("aeLR_. -mouthSvi:|5あ", max_size=30))
def test_any_text_is_a_name(name):
    """Whatever stands there, it comes to a target or to nothing."""
    assert target_of(name) in (*TARGETS, None)


def test_near_misses_are_hinted_and_told_names_win():
    """A typing error is not guessed at, but shown with the option that would say so."""
    naming = name_shapes(["mouthSmle_L", "jawOpen", "gape"], {"gape": "jawOpen"})
    assert naming.targets == {"gape": "jawOpen"}
    assert naming.unknown == {"mouthSmle_L": "mouthSmileLeft"}
    assert naming.doubled == ("jawOpen",)
    assert "--map 'mouthSmle_L=mouthSmileLeft'" in "\n".join(naming.table)
    assert name_shapes(["jawOpen", "jaw_left"]).table == [
        "1 as ARKit calls them",
        "jaw_left = jawLeft",
    ]


def test_what_is_told_wrongly_is_said():
    """A name that is not in the file, a shape that is none: with what was meant."""
    with pytest.raises(AssetError, match="jawOpen"):
        name_shapes(["jawOpen"], {"jawOpn": "jawOpen"})
    with pytest.raises(AssetError, match="eyeBlinkLeft"):
        name_shapes(["a"], {"a": "eyeBlinkLeftt"})


def test_every_shape_has_its_own_name():
    """ARKit's names are themselves."""
    assert all(target_of(name) == name for name in ARKIT_NAMES)
