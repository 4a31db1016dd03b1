"""Eyeballs."""

import numpy as np
import pytest

from stream_engine.motion.arkit import INDEX
from training.head.eyes import build_eye


@pytest.mark.slow
@pytest.mark.parametrize(("side", "sign"), [("l", 1), ("r", -1)])
def test_an_eye_is_a_ball_that_looks_ahead(source, side, sign):
    """It sits on its side, its pupil foremost."""
    eye = build_eye(source, side, (0.3, 0.2, 0.1))
    assert np.sign(eye.positions[:, 0].mean()) == sign
    assert eye.positions[:, 2].argmax() == 0
    np.testing.assert_allclose(eye.uv[0], 0.5)


@pytest.mark.slow
def test_gaze_keeps_the_ball_round(source):
    """A full gaze shape is a rotation: distances between points stay."""
    eye = build_eye(source, "l", (0.3, 0.2, 0.1))
    turned = eye.positions + eye.deltas[INDEX["eyeLookOutLeft"]]
    before = np.linalg.norm(eye.positions - eye.positions[0], axis=1)
    np.testing.assert_allclose(np.linalg.norm(turned - turned[0], axis=1), before, atol=1e-9)
    assert turned[0, 0] > eye.positions[0, 0] + 0.003
