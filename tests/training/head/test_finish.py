"""Finishing."""

import numpy as np
import pytest

from training.head.finish import grow_hair, grow_strands, smooth, split_mouth
from training.head.looks import AVATARS, DEFAULT
from training.head.part import join
from training.head.skin import cut_skin
from training.head.teeth import build_teeth


@pytest.mark.slow
def test_hair_moves_the_scalp_and_leaves_the_face(source):
    """Only vertices above the hairline change."""
    cut = cut_skin(source)
    whole, _ = join([cut.part, build_teeth(source, "upper")])
    moved = abs(grow_hair(whole, source, cut, DEFAULT.hair).positions - whole.positions).max(axis=1)
    assert moved.max() > 0.01
    face = (whole.positions[:, 2] > 0.06) & (whole.positions[:, 1] < 0.08)
    assert moved[face].max() < 1e-3


@pytest.mark.slow
def test_the_mouths_inside_is_drawn_with_the_teeth(source):
    """Its triangles leave the skin's group for the next one, none is lost."""
    cut = cut_skin(source)
    whole, groups = join([cut.part, build_teeth(source, "upper")])
    skin, mouth = split_mouth(groups, cut)
    assert skin.triangles == cut.outer_triangles
    assert mouth.first_triangle == skin.triangles
    assert skin.triangles + mouth.triangles == len(whole.triangles)
    inner = whole.triangles[skin.triangles : len(cut.part.triangles)]
    assert cut.inside[inner].all()


@pytest.mark.slow
def test_hair_and_beard_colour_the_skin_under_them(source):
    """Each vertex says how its hair grows; a beard's colour is its own."""
    cut = cut_skin(source)
    whole, _ = join([cut.part, build_teeth(source, "upper")])
    bearded = next(looks for looks in AVATARS.values() if looks.beard)
    made, grown = grow_strands(whole, source, cut, bearded)
    assert grown.shape == (len(whole.positions), 4)
    assert not grown[len(cut.original) :].any()
    chin = (made.positions[:, 1] < -0.06) & (made.positions[:, 2] > 0.08) & (grown[:, 0] > 0.5)
    assert (made.color[chin] == bearded.beard.color).all()
    assert chin.any()


def test_smoothing_spreads_a_spike():
    """A lone value flows to its neighbours and none is made up."""
    values = smooth(np.array([1.0, 0.0, 0.0]), np.array([[0, 1, 2]]), 1)
    assert values[0] < 1.0
    assert values[1] == values[2] > 0.0
    assert values.max() <= 1.0
