"""Faults do what they are called, and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.motion.arkit import ARKIT_COUNT, COEFFICIENT_NAMES, MOUTH_NAMES
from tests.training.sync.faces_for_tests import JAW, talking_face
from training.sync.faults import SPOILT, begun_at, frozen, other_words, scrambled, shifted

MOUTH = np.array([name.startswith(MOUTH_NAMES) for name in COEFFICIENT_NAMES])


@settings(deadline=None, max_examples=30)
@given(frames=st.integers(-10, 10))
def test_shifting_back_undoes_a_shift(frames: int) -> None:
    """But for the ends, where nothing is known."""
    face = talking_face(frames=60)
    back = shifted(shifted(face, frames * 40.0), -frames * 40.0)
    inner = slice(abs(frames), 60 - abs(frames))
    assert np.allclose(back.motion[inner], face.motion[inner], atol=1e-6)
    assert back.mel is face.mel


def test_a_late_mouth_shows_what_was_due_before() -> None:
    """40 ms are a frame; 20 ms lie halfway between two."""
    face = talking_face(frames=20)
    jaw = face.motion[:, JAW]
    assert np.allclose(shifted(face, 40.0).motion[1:, JAW], jaw[:-1])
    assert np.allclose(shifted(face, 20.0).motion[1:, JAW], (jaw[1:] + jaw[:-1]) / 2)
    assert np.allclose(shifted(face, -80.0).motion[:-2, JAW], jaw[2:])


@pytest.mark.parametrize("name", sorted(set(SPOILT) - {"frozen"}))
def test_spoilt_mouths_leave_the_rest_of_the_face(name: str) -> None:
    """Only the mouth moves otherwise, within bounds, and the voice is the same."""
    face = talking_face(frames=30)
    face.motion[:, ~MOUTH] = 0.25
    spoilt = SPOILT[name](face, np.random.default_rng(1))
    assert np.array_equal(spoilt.motion[:, ~MOUTH], face.motion[:, ~MOUTH])
    assert not np.array_equal(spoilt.motion[:, MOUTH], face.motion[:, MOUTH])
    assert spoilt.motion[:, :ARKIT_COUNT].min() >= 0.0
    assert spoilt.motion[:, :ARKIT_COUNT].max() <= 1.0
    assert spoilt.mel is face.mel


def test_a_frozen_face_is_one_of_its_own_frames() -> None:
    """For ever."""
    face = talking_face(frames=9)
    still = frozen(face, np.random.default_rng(0)).motion
    assert (still == still[0]).all()
    assert (face.motion == still[0]).all(axis=1).any()


def test_scrambled_mouths_are_the_same_mouths() -> None:
    """Every shape comes as often as before."""
    face = talking_face(frames=31)
    made = scrambled(face, np.random.default_rng(2)).motion[:, JAW]
    assert np.allclose(np.sort(made), np.sort(face.motion[:, JAW]))


def test_other_words_last_as_long_as_the_voice() -> None:
    """A shorter face begins again."""
    face, other = talking_face(frames=10), talking_face("b/0", frames=4, seed=1)
    made = other_words(face, other)
    assert np.array_equal(made.motion[4:8], other.motion)
    assert len(made) == 10


def test_a_fault_begins_at_its_frame() -> None:
    """Right before, faulty from there."""
    face, other = talking_face(frames=10), talking_face("b/0", frames=10, seed=1)
    made = begun_at(face, other, 6).motion
    assert np.array_equal(made[:6], face.motion[:6])
    assert np.array_equal(made[6:], other.motion[6:])
