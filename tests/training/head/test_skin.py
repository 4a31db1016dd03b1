"""Cutting the skin."""

import numpy as np
import pytest

from training.head import recipe
from training.head.skin import cut_skin, neck_weight, neighbour_rings, unwrap


@pytest.mark.slow
def test_the_cut_is_straight(source):
    """Nothing hangs below or beyond the cut planes."""
    positions = cut_skin(source).part.positions
    assert positions[:, 1].min() == recipe.CUT_BELOW_M
    assert np.abs(positions[:, 0]).max() <= recipe.CUT_SIDE_M


@pytest.mark.slow
def test_rings_walk_outwards_over_the_lips(source):
    """Rings are disjoint, and none lies inside the mouth."""
    cut = cut_skin(source)
    rings = neighbour_rings(cut, 8)
    everyone = np.concatenate(rings)
    assert len(np.unique(everyone)) == len(everyone)
    assert not cut.inside[everyone].any()


@pytest.mark.slow
def test_the_neck_follows_less_and_less(source):
    """Weights lie in 0..1 and reach both ends."""
    weight = neck_weight(source, cut_skin(source).part.positions)
    assert weight.min() == 0.0
    assert weight.max() == 1.0


def test_unwrapping_is_mirrored_and_grows_upwards():
    """Left and right share texture, the crown is at the top."""
    points = np.array([[0.03, 0.0, 0.09], [-0.03, 0.0, 0.09], [0.0, 0.14, 0.001], [0.0, -0.2, 0.1]])
    uv = unwrap(points)
    np.testing.assert_allclose(uv[0], uv[1])
    assert uv[2, 1] > uv[0, 1] > uv[3, 1]
    assert uv.min() >= 0.0
    assert uv.max() <= 1.0
