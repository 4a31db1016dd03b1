"""Shapes lent by another head."""

import numpy as np
import pytest

from stream_engine.avatar.lend import Lender
from stream_engine.motion.arkit import INDEX


@pytest.mark.parametrize("name", ["mouthPressLeft", "cheekPuff", "mouthRollLower", "browDownRight"])
def test_a_head_lends_itself_its_own_shapes(imported, reference, name):
    """To the same face at the shipped head's place they are what they were, nearly."""
    whole, made = imported.whole, imported.made
    lips = (made.lips.upper, made.lips.lower)
    jaw = made.offsets[INDEX["jawOpen"]]
    lent = Lender(reference, whole.positions, jaw, whole.kind, lips).shape(name)
    wanted = made.offsets[INDEX[name]]
    assert np.abs(lent - wanted).mean() < 0.02 * np.abs(wanted).max()
    assert np.quantile(np.abs(lent - wanted), 0.99) < 0.3 * np.abs(wanted).max()
