"""Regions."""

import numpy as np
import pytest

from training.head.part import join
from training.head.regions import lip_loops
from training.head.skin import cut_skin
from training.head.teeth import build_teeth


@pytest.mark.slow
def test_lip_loops_follow_edges_round_the_mouth(source):
    """Neighbours in the outer contour lie within a centimetre of each other."""
    cut = cut_skin(source)
    whole, _ = join([cut.part, build_teeth(source, "upper")])
    for loop in lip_loops(whole, cut):
        points = whole.positions[loop]
        steps = np.linalg.norm(points - np.roll(points, 1, axis=0), axis=1)
        assert steps.max() < 0.01
        assert len(np.unique(loop)) == len(loop)
