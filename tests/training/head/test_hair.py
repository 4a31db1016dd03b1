"""Hair."""

import numpy as np

from training.head.hair import above_hairline, beard_strands, strands, volume
from training.head.looks import Beard, Hair

FOREHEAD, CROWN, EAR = (0.0, 0.06, 0.1), (0.0, 0.145, 0.0), (0.07, 0.06, 0.0)
POINTS = np.array([FOREHEAD, CROWN, EAR])


def test_foreheads_are_bare_and_crowns_are_not():
    """The hairline separates them."""
    forehead, crown, _ = above_hairline(POINTS)
    assert forehead < 0 < crown


def test_hair_stands_off_where_it_grows():
    """Bare skin and ears get none, the crown most."""
    standing = volume(POINTS, np.array([0.0, 0.0, 1.0]), Hair())
    assert standing[0] == 0.0
    assert standing[1] > 0.01
    assert standing[2] == 0.0


def test_strands_grow_where_hair_does():
    """None on the forehead and the ear, long ones on the crown; all are shares."""
    grown = strands(POINTS, np.array([0.0, 0.0, 1.0]), Hair(curl=0.5, swept=True))
    assert grown[0, 0] == grown[2, 0] == 0.0
    assert grown[1, 0] > 0.5
    assert grown[1, 1] * 25.5 > 5
    assert (grown[1, 2:] == (0.5, 1.0)).all()
    assert grown.min() >= 0
    assert grown.max() <= 1


def test_a_line_that_recedes_bares_the_temples():
    """More at the corners than in the middle, nothing behind the ears."""
    temple, middle, nape = np.array([[0.06, 0.1, 0.08], [0.0, 0.11, 0.1], [0.0, -0.05, -0.1]])
    went = [float(above_hairline(p) - above_hairline(p, 0.02)) for p in (temple, middle, nape)]
    assert went[0] > went[1] > went[2] == 0.0


def test_a_beard_grows_on_the_chin_and_not_on_lips_or_brow():
    """Density 0 outside."""
    places = np.array([[0.0, -0.075, 0.09], [0.0, -0.035, 0.1], [0.0, 0.06, 0.1]])
    lips = np.array([0.0, 1.0, 0.0])
    chin, lip, brow = beard_strands(places, lips, 0 * lips, Beard((0.5, 0.5, 0.5), 4.0, 0.8))[:, 0]
    assert chin > 0.5
    assert lip == brow == 0.0
