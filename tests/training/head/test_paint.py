"""Painting."""

import numpy as np

from training.head.looks import AVATARS, DEFAULT
from training.head.paint import Masks, paint_skin

PLACES = np.array([[[0.0, 0.06, 0.1], [0.0, 0.14, 0.03], [0.0, -0.035, 0.1], [0.0, -0.2, 0.06]]])
NONE = np.zeros((1, 4))


def test_each_place_gets_its_own_paint():
    """Forehead is light, hair dark, lips redder than skin, clothes blue."""
    lips = np.array([[0.0, 0.0, 1.0, 0.0]])
    paint = paint_skin(PLACES, Masks(lips, NONE, NONE), DEFAULT)[0].astype(int)
    skin, hair, lip, cloth = paint
    assert skin[:3].mean() > 140 > 110 > hair[:3].mean()
    assert lip[0] - lip[1] > skin[0] - skin[1]
    assert cloth[2] > cloth[0]
    assert lip[3] >= skin[3] > cloth[3]


def test_painting_repeats():
    """The same head is painted the same way each time."""
    first, second = (paint_skin(PLACES, Masks(NONE, NONE, NONE), DEFAULT) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_avatars_have_their_own_skin():
    """The same place is painted in each one's complexion."""
    tones = [
        paint_skin(PLACES, Masks(NONE, NONE, NONE), looks)[0, 0, :3].mean()
        for looks in AVATARS.values()
    ]
    assert np.ptp(tones) > 25
