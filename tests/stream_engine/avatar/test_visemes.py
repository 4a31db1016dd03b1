"""Sounds as shapes."""

import numpy as np

from stream_engine.avatar.visemes import FACE, VISEMES, pose_of, shapes_of
from stream_engine.motion.arkit import INDEX


def test_visemes_are_made_of_shapes_both_sides_alike():
    """Every name is a shape of ARKit or a pair of them."""
    for name in VISEMES:
        shapes = shapes_of(name)
        assert set(shapes) <= set(INDEX)
        assert np.isclose(pose_of(name).sum(), sum(shapes.values()))
        for shape, weight in shapes.items():
            if shape.endswith("Left"):
                assert shapes[shape.removesuffix("Left") + "Right"] == weight
    assert all(shape in INDEX for part in FACE.values() for shape in part)
