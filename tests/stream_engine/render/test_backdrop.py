"""What stands behind the head."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.errors import ShapeError
from stream_engine.render.backdrop import fitted


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 30), st.integers(1, 30))
def test_a_plain_picture_stays_plain_in_any_format(rows, columns, width, height):
    """Cutting, resizing and blurring invent no colour."""
    picture = np.full((rows, columns, 3), (12, 200, 90), np.uint8)
    made = fitted(picture, width, height, 0.2)
    assert made.shape == (height, width, 3)
    np.testing.assert_array_equal(made, np.broadcast_to((12, 200, 90), made.shape))


def test_the_middle_is_kept():
    """A wide picture loses its sides, not its middle."""
    picture = np.zeros((10, 30, 3), np.uint8)
    picture[:, 10:20] = 250
    np.testing.assert_array_equal(fitted(picture, 5, 5, 0.0), 250)


def test_shrinking_takes_the_mean():
    """Four pixels become one of their mean."""
    picture = np.array([[[0] * 3, [100] * 3], [[100] * 3, [200] * 3]], np.uint8)
    np.testing.assert_array_equal(fitted(picture, 1, 1, 0.0), 100)


def test_blur_softens_an_edge_and_keeps_the_light():
    """The step is spread over its radius; far from it nothing changes."""
    picture = np.zeros((40, 40, 3), np.uint8)
    picture[:, 20:] = 200
    row = fitted(picture, 40, 40, 0.1)[20, :, 0].astype(int)
    assert row[0] == 0
    assert row[-1] == 200
    assert np.diff(row).max() < 40
    assert abs(row.mean() - 100) < 2


def test_what_is_no_picture_is_refused():
    """Grey or empty arrays are named."""
    with pytest.raises(ShapeError, match="background"):
        fitted(np.zeros((4, 4), np.uint8), 2, 2, 0.0)
