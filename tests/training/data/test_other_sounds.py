"""Sounds that nobody says."""

import numpy as np
import pytest

from training.data.other_sounds import MAKERS, other_sound


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_every_kind_is_a_sound_of_some_level(kind: str) -> None:
    """Finite, as long as asked, not silent, not over full scale, the same for the same draw."""
    made = [other_sound(kind, 0.5, np.random.default_rng(4)) for _ in range(2)]
    assert made[0].shape == (8000,)
    assert made[0].dtype == np.float32
    assert np.array_equal(*made)
    assert 1e-4 < np.abs(made[0]).max() <= 1.0
    other = other_sound(kind, 0.5, np.random.default_rng(5))
    assert not np.array_equal(made[0], other)
