"""Coefficients to millimetres."""

import numpy as np

from stream_engine.motion.arkit import INDEX
from training.evaluation.lip_reader import LipReader


def test_lips_are_read_in_millimetres() -> None:
    """A fully open jaw opens the lips by centimetres; neutral by nothing."""
    motion = np.zeros((1, 2, 55), np.float32)
    motion[0, 1, INDEX["jawOpen"]] = 1.0
    track = LipReader().read(motion)
    assert track.gap[0, 0] == 0.0
    assert 20 < track.gap[0, 1] < 60
    assert not track.points[0, 0].any()


def test_brows_move_the_upper_face_and_not_the_lips() -> None:
    """And head rotation moves neither."""
    motion = np.zeros((1, 1, 55), np.float32)
    motion[..., INDEX["browInnerUp"]] = 1.0
    motion[..., 52:] = 0.3
    reader = LipReader()
    assert np.abs(reader.upper_face(motion)).max() > 2.0
    assert np.abs(reader.read(motion).points).max() < 0.5
