"""The recipe."""

import pytest

from training.head import recipe


def test_the_macro_targets_add_up_to_one_person():
    """Weights of age, sex and ancestry targets sum to one."""
    macro = [
        w
        for n, w in recipe.IDENTITY.items()
        if n.startswith("macrodetails/") and "-young" in n and "proportions" not in n
    ]
    assert sum(macro) == pytest.approx(1.0)


def test_teeth_shrink_from_the_first_to_the_second():
    """Upper front teeth are wider than lower ones."""
    assert recipe.UPPER_TEETH_M[0] > recipe.LOWER_TEETH_M[0]
    assert len(recipe.UPPER_TEETH_M) == len(recipe.LOWER_TEETH_M)
