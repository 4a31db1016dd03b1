"""Hair."""

import numpy as np

from training.head.hair import above_hairline, strand_coordinates, volume

FOREHEAD, CROWN, EAR = (0.0, 0.06, 0.1), (0.0, 0.145, 0.0), (0.07, 0.06, 0.0)
POINTS = np.array([FOREHEAD, CROWN, EAR])


def test_foreheads_are_bare_and_crowns_are_not():
    """The hairline separates them."""
    forehead, crown, _ = above_hairline(POINTS)
    assert forehead < 0 < crown


def test_hair_stands_off_where_it_grows():
    """Bare skin and ears get none, the crown most."""
    standing = volume(POINTS, np.array([0.0, 0.0, 1.0]))
    assert standing[0] == 0.0
    assert standing[1] > 0.01
    assert standing[2] == 0.0


def test_strands_mirror():
    """Both sides of the head share strands."""
    sway = 0.15
    left, right = strand_coordinates(np.array([[0.05, 0.1, 0.03], [-0.05, 0.1, 0.03]]))
    np.testing.assert_allclose(left[1], right[1])
    np.testing.assert_allclose(left[0], right[0], atol=2 * sway)
