"""People in a few words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.errors import AssetError
from training.head.identity import ANCESTRIES, identity_of, is_feature, read_features

KNOWN = ["nose/nose-hump-incr", "eyes/l-eye-scale-incr", "eyes/r-eye-scale-incr"]


@given(
    st.floats(10, 90), st.floats(0, 1),
    st.dictionaries(st.sampled_from(ANCESTRIES), st.floats(0.01, 5), min_size=1),
)  # fmt: skip
def test_macro_targets_add_up_to_one_person(age, sex, ancestry):
    """Whatever the age, sex and ancestry, faces add up to one, and so do proportions."""
    made = identity_of(age, sex, ancestry, {})
    bodies = sum(weight for name, weight in made.items() if "proportions" in name)
    assert bodies == pytest.approx(1.0, abs=1e-4)
    assert sum(made.values()) - bodies == pytest.approx(1.0, abs=1e-4)


def test_ages_and_ancestries_are_mixed():
    """Halfway between young and old, two thirds of one ancestry; features as given."""
    made = identity_of(57.5, 0.0, {"asian": 2, "african": 1}, {"nose/nose-hump-incr": 0.5})
    assert made["macrodetails/asian-female-old"] == pytest.approx(1 / 3)
    assert made["macrodetails/african-female-young"] == pytest.approx(1 / 6)
    assert made["nose/nose-hump-incr"] == 0.5
    assert not any("-male-" in name for name in made)


@pytest.mark.parametrize(
    ("age", "sex", "ancestry"),
    [(5, 0, {"asian": 1}), (30, 2, {"asian": 1}), (30, 0, {"martian": 1}), (30, 0, {"asian": 0})],
)
def test_people_that_cannot_be_are_said(age, sex, ancestry):
    """Numbers out of range, and ancestries that there are no targets for."""
    with pytest.raises(AssetError, match=r"out of range|none"):
        identity_of(age, sex, ancestry, {})


def test_features_are_targets_of_both_sides():
    """By short names; unknown ones are answered with what is like them."""
    found = read_features("nose-hump-incr=0.5,eye-scale-incr=0.25", KNOWN)
    assert found == dict(zip(KNOWN, (0.5, 0.25, 0.25), strict=True))
    for text, said in (("nose-hmp=1", "nose-hump-incr"), ("nose-hump-incr=2", r"0\.\.1"),
                       ("nose-hump-incr", "without weight")):  # fmt: skip
        with pytest.raises(AssetError, match=said):
            read_features(text, KNOWN)
    assert is_feature(KNOWN[0])
    assert not is_feature("hands/l-hand-scale-incr")
