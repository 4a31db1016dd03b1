"""Materials."""

import numpy as np

from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.mesh.materials import Material


def test_every_code_in_the_head_has_a_name():
    """The head file uses no material code that is not listed."""
    codes = np.unique(load_head_asset().material)
    assert {Material(int(code)) for code in codes} >= {
        Material.SKIN,
        Material.LIP,
        Material.EYE,
        Material.TEETH,
        Material.GUM,
        Material.TONGUE,
        Material.MOUTH,
        Material.LASH,
    }
