"""Painting."""

import numpy as np

from training.head.paint import paint_skin

PLACES = np.array([[[0.0, 0.06, 0.1], [0.0, 0.14, 0.03], [0.0, -0.035, 0.1], [0.0, -0.2, 0.06]]])
NONE = np.zeros((1, 4))


def test_each_place_gets_its_own_paint():
    """Forehead is light, hair dark, lips redder than skin, clothes blue."""
    lips = np.array([[0.0, 0.0, 1.0, 0.0]])
    paint = paint_skin(PLACES, lips, NONE, NONE)[0].astype(int)
    skin, hair, lip, cloth = paint
    assert skin[:3].mean() > 140 > 110 > hair[:3].mean()
    assert lip[0] - lip[1] > skin[0] - skin[1]
    assert cloth[2] > cloth[0]
    assert lip[3] > skin[3] > cloth[3]


def test_painting_repeats():
    """The same head is painted the same way each time."""
    first, second = (paint_skin(PLACES, NONE, NONE, NONE) for _ in range(2))
    np.testing.assert_array_equal(first, second)
