"""What somebody is likely to look like."""

import dataclasses

import pytest

from training.head.identity import ANCESTRIES
from training.head.likely import likely_looks


def colors(looks):
    """All colours of somebody."""
    skin, hair = dataclasses.asdict(looks.complexion), looks.hair
    return [*(skin[part] for part in ("skin", "blush", "shade", "lips")), hair.color, looks.brow]


@pytest.mark.parametrize("ancestry", ANCESTRIES)
@pytest.mark.parametrize(("age", "sex"), [(10, 0), (25, 1), (62, 0.1), (90, 1)])
def test_every_colour_is_one(ancestry, age, sex):
    """For all ends of what may be asked; who is half of each lies between them."""
    for color in colors(likely_looks(age, sex, {ancestry: 3.0})):
        assert len(color) == 3
        assert all(0.0 < value < 1.0 for value in color)
    half = likely_looks(age, sex, {ancestry: 1.0, "african": 1.0}).complexion.skin
    ends = [likely_looks(age, sex, {name: 1.0}).complexion.skin for name in (ancestry, "african")]
    for value, *both in zip(half, *ends, strict=True):
        assert min(both) - 1e-9 <= value <= max(both) + 1e-9


def test_the_old_have_grey_hair_and_lines():
    """And men less of it, further back."""
    young, old = (likely_looks(age, 1.0, {"asian": 1.0}) for age in (22, 75))
    woman = likely_looks(75, 0.0, {"asian": 1.0})
    assert young.complexion.age == 0.0
    assert old.complexion.age == 1.0
    assert min(old.hair.color) > 0.5 > max(young.hair.color)
    assert old.hair.recede_m > 0.01 > woman.hair.recede_m == young.hair.recede_m == 0.0
    assert old.complexion.stubble < young.complexion.stubble
    assert woman.complexion.stubble == 0.0
