"""Who is built."""

import pytest

from stream_engine.mesh.head_asset import HEADS
from training.head.looks import AVATARS


def test_every_recipe_ships():
    """Recipes and head files name the same avatars, three at least."""
    assert set(AVATARS) == set(HEADS)
    assert len(AVATARS) >= 3


@pytest.mark.parametrize("name", AVATARS)
def test_the_macro_targets_add_up_to_one_person(name):
    """Weights of age, sex and ancestry sum to one."""
    macro = [
        weight
        for target, weight in AVATARS[name].identity.items()
        if target.startswith("macrodetails/")
        and target.split("/")[1].split("-")[0] in {"caucasian", "african", "asian"}
    ]
    assert sum(macro) == pytest.approx(1.0)


@pytest.mark.parametrize("name", AVATARS)
def test_colours_and_shares_are_in_range(name):
    """Nothing brighter than white, no hair longer than the file can say."""
    looks = AVATARS[name]
    skin, hair = looks.complexion, looks.hair
    colors = (skin.skin, skin.blush, skin.shade, skin.lips, hair.color, looks.iris, looks.cloth)
    assert all(0 <= channel <= 1 for color in colors for channel in color)
    assert 0 <= hair.density <= 1
    assert max(hair.strand_top_mm, hair.strand_side_mm) <= 25.5
