"""Where the lips are."""

import numpy as np
import pytest

from stream_engine.avatar.lips import find_lips
from stream_engine.errors import AssetError
from stream_engine.motion.arkit import INDEX


def test_lips_are_where_the_shipped_head_has_them(reference):
    """Every vertex found lies within 3 mm of the contour that the head was built with."""
    positions = reference.positions.astype(np.float64)
    jaw = reference.basis[INDEX["jawOpen"]].reshape(-1, 3).astype(np.float64)
    skin = np.flatnonzero(reference.material <= 1)
    lips = find_lips(positions, jaw, skin, reference)
    built = reference.positions[reference.inner_lip]
    for vertex in lips.inner_loop:
        assert np.linalg.norm(built - positions[vertex], axis=1).min() < 0.003
    assert np.ptp(positions[lips.upper, 0]) > 0.025
    assert (positions[lips.upper, 1] >= positions[lips.lower, 1] - 1e-4).all()
    assert len(set(lips.inner_loop.tolist())) == len(lips.inner_loop)


def test_a_mouth_that_stays_shut_is_said(reference):
    """Without anything that parts there are no lips, and the fix is named."""
    positions = reference.positions.astype(np.float64)
    with pytest.raises(AssetError, match=r"--map NAME=jawOpen"):
        find_lips(positions, np.zeros_like(positions), np.arange(4000), reference)
