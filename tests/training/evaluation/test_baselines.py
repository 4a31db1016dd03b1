"""The baselines learn what they can and no more."""

import numpy as np

from stream_engine.motion.arkit import INDEX
from tests.training.pairs_for_tests import made_up_pairs
from training.evaluation.baselines import jaw_from_loudness, mean_face, ridge

JAW = INDEX["jawOpen"]


def test_the_mean_face_does_not_move() -> None:
    """The training mean in every frame."""
    train, test = made_up_pairs(), made_up_pairs(3, seed=1)
    made = mean_face(train, test)
    assert made.shape == test.motion.shape
    assert np.allclose(made, train.motion.mean(axis=(0, 1)), atol=1e-6)


def test_the_jaw_follows_loudness_and_nothing_else_moves() -> None:
    """One parameter."""
    train, test = made_up_pairs(), made_up_pairs(3, seed=1)
    made = jaw_from_loudness(train, test)
    assert np.corrcoef(made[..., JAW].ravel(), test.motion[..., JAW].ravel())[0, 1] > 0.95
    others = np.delete(made, JAW, axis=-1)
    assert (others == others[:1, :1]).all()


def test_ridge_predicts_unseen_clips_from_mel() -> None:
    """A linear relation is found from other clips."""
    train, test = made_up_pairs(24), made_up_pairs(4, seed=5)
    made = ridge(train, test, lookahead_frames=2)
    assert made.shape == test.motion.shape
    assert np.corrcoef(made[..., JAW].ravel(), test.motion[..., JAW].ravel())[0, 1] > 0.95
