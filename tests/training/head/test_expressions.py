"""Expressions."""

import numpy as np
import pytest

from stream_engine.motion.arkit import pose_row
from training.head.expressions import EXPRESSIONS


def test_there_are_at_least_ten():
    """Enough to judge a face by."""
    assert len(EXPRESSIONS) >= 10


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_weights_are_in_range(name):
    """ARKit weights lie in 0..1."""
    row = pose_row(EXPRESSIONS[name])
    assert row.dtype == np.float32
    assert row.shape == (55,)
    assert row[:52].min() >= 0.0
    assert row[:52].max() <= 1.0
