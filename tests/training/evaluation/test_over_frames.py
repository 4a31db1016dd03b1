"""Statistics over chosen frames, worked out by hand and against the plain form."""

import numpy as np
import pytest

from training.evaluation.over_frames import concordance, mean_over, packed, pearson, spread_over

ALL = np.ones((1, 4), bool)
A = np.array([[0.0, 1.0, 4.0, 2.0]])


def test_pearson_knows_same_opposite_and_still() -> None:
    """1, -1, and 0 for a track that does not move."""
    assert pearson(A, 3 * A + 1, ALL) == pytest.approx(1.0)
    assert pearson(A, -A, ALL) == pytest.approx(-1.0)
    assert pearson(A, np.ones((1, 4)), ALL) == 0.0


def test_concordance_minds_scale_and_offset() -> None:
    """Unlike Pearson: 2 cov / (var + var + offset²)."""
    a, frames = np.array([[-1.0, 1.0]]), np.ones((1, 2), bool)
    assert concordance(a, a, frames) == pytest.approx(1.0)
    assert concordance(a, a + 1, frames) == pytest.approx(2 / 3)
    assert concordance(a, 2 * a, frames) == pytest.approx(4 / 5)


def test_frames_that_are_not_chosen_do_not_matter() -> None:
    """A padded, masked batch gives what each clip gives alone, whatever the rest holds."""
    random = np.random.default_rng(0)
    a, b = random.normal(size=(2, 5, 30, 3))
    frames = random.random((5, 30)) < 0.6
    spoilt = np.where(frames[..., None], a, 1e6)
    for clip in range(5):
        x, y = a[clip][frames[clip]], b[clip][frames[clip]]
        assert np.allclose(mean_over(spoilt, frames)[clip], x.mean(axis=0))
        assert np.allclose(spread_over(spoilt, frames)[clip], x.std(axis=0))
        wanted = [np.corrcoef(x[:, k], y[:, k])[0, 1] for k in range(3)]
        assert np.allclose(pearson(spoilt, b, frames)[clip], wanted)


def test_nothing_chosen_is_unknown_not_zero() -> None:
    """NaN, without a warning."""
    none = np.zeros((1, 4), bool)
    one = np.array([[True, False, False, False]])
    assert np.isnan(mean_over(A, none)).all()
    assert np.isnan(spread_over(A, none)).all()
    assert np.isnan(pearson(A, A, one)).all()
    assert np.isnan(concordance(A, A, one)).all()


def test_packing_keeps_the_order() -> None:
    """Chosen frames first."""
    frames = np.array([[False, True, False, True]])
    assert packed(A, frames)[0, :2].tolist() == [1.0, 2.0]
