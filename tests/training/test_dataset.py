"""Reading pairs."""

from pathlib import Path

import numpy as np
import pytest

from stream_engine.errors import AssetError
from tests.training.pairs_for_tests import made_up_pairs
from training.dataset import coefficient_scale, load_pairs


def test_splits_are_kept_apart(tmp_path: Path) -> None:
    """Asking for one split gives its clips and no other's."""
    made_up_pairs(4).save(tmp_path / "p.npz")
    assert load_pairs(tmp_path / "p.npz", "test").name.tolist() == ["clip1", "clip3"]
    assert len(load_pairs(tmp_path / "p.npz", "train")) == 2
    with pytest.raises(AssetError, match="validation"):
        load_pairs(tmp_path / "p.npz", "validation")


def test_a_file_of_an_older_version_says_what_it_lacks(tmp_path: Path) -> None:
    """Arrays that came later are named."""
    np.savez(tmp_path / "old.npz", name=np.array(["clip0"]))
    with pytest.raises(AssetError, match="labelled"):
        load_pairs(tmp_path / "old.npz")


def test_missing_pairs_say_how_to_make_them(tmp_path: Path) -> None:
    """The fix is in the message."""
    with pytest.raises(AssetError, match=r"training\.data\.pairs"):
        load_pairs(tmp_path / "none.npz", "train")


def test_scale_is_spread_about_neutral_with_a_floor() -> None:
    """Dead coefficients do not blow up when divided by it."""
    motion = np.zeros((2, 5, 55), np.float32)
    motion[..., 3] = 0.5
    scale = coefficient_scale(motion)
    assert scale[3] == pytest.approx(0.5)
    assert scale[4] == pytest.approx(0.02)
