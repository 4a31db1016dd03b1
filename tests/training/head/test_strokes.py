"""Brows."""

import numpy as np

from training.head.strokes import draw_brow

ARCH, FOREHEAD, BACK = (0.030, 0.057, 0.09), (0.030, 0.075, 0.09), (0.030, 0.057, -0.05)


def around(place):
    """Places about one, [9, 3]."""
    steps = np.linspace(-0.002, 0.002, 9)
    return np.array(place) + np.stack([steps, 0 * steps, 0 * steps], axis=1)


def test_a_brow_grows_on_the_arch_alone():
    """Hair on the arch of both sides; none above it or behind the head."""
    brow = draw_brow(300, 1.0, seed=1)
    assert brow.at(around(ARCH)).mean() > 0.3
    np.testing.assert_array_equal(brow.at(around(ARCH)), brow.at(around(ARCH) * (-1, 1, 1)))
    assert brow.at(around(FOREHEAD)).max() == 0
    assert brow.at(around(BACK)).max() == 0


def test_a_brow_thins_out_to_both_ends_and_shades_the_skin_between():
    """Nothing of it ends in a line; the shade reaches a little further than the hairs."""
    brow = draw_brow(600, 1.0, seed=1)
    inner, middle, tail = (
        brow.at(around((x, y, 0.09))).mean()
        for x, y in ((0.0115, 0.0535), (0.030, 0.057), (0.057, 0.0525))
    )
    assert middle > 1.5 * max(inner, tail)
    edge = around((0.030, 0.0625, 0.09))
    assert (
        brow.at(edge).mean()
        < 0.03
        < brow.shade_at(edge).mean()
        < brow.shade_at(around(ARCH)).mean()
    )


def test_more_hairs_cover_more():
    """And the same seed draws the same brow."""
    thin, thick = draw_brow(90, 1.0, 1).cover, draw_brow(600, 1.0, 1).cover
    assert thick.mean() > 2 * thin.mean()
    np.testing.assert_array_equal(thin, draw_brow(90, 1.0, 1).cover)
    assert thick.max() <= 1.0
