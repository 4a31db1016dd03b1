"""What an ear sees of a face."""

import numpy as np
import pytest
import torch

from stream_engine.errors import ConfigError
from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.motion.arkit import COEFFICIENT_COUNT, INDEX
from training.fronts import FRONTS, front_matrix, spread_out

SCALE = torch.full((COEFFICIENT_COUNT,), 0.1)


@pytest.mark.parametrize("name", FRONTS)
def test_every_view_sees_the_jaw_and_none_the_head_turning(name: str) -> None:
    """Speech is in the lips: a turned head must not sound different."""
    matrix = front_matrix(name, load_head_asset(), SCALE)
    assert matrix.shape[0] == COEFFICIENT_COUNT
    assert matrix[INDEX["jawOpen"]].abs().max() > 0.5
    assert not matrix[52:].any()


def test_only_the_whole_face_and_the_coefficients_show_brows() -> None:
    """The mouth view and the jaw control do not."""
    brow = {
        name: float(front_matrix(name, load_head_asset(), SCALE)[INDEX["browInnerUp"]].abs().max())
        for name in FRONTS
    }
    assert brow["face2s"] > 0.1
    assert brow["exp2s"] > 0.1
    assert brow["mouth2s"] < 1e-3
    assert brow["jaw2s"] == 0.0


def test_an_unknown_view_names_those_there_are() -> None:
    """A typed error."""
    with pytest.raises(ConfigError, match="mouth2s"):
        front_matrix("nose2s", load_head_asset(), SCALE)


def test_points_are_spread_out() -> None:
    """Four of a fine grid are its far corners, and none is taken twice."""
    x, y = np.meshgrid(np.arange(9.0), np.arange(9.0))
    points = np.stack([x.ravel(), y.ravel(), 0 * x.ravel()], 1).astype(np.float32)
    chosen = spread_out(points, 4)
    assert sorted(map(tuple, points[chosen, :2])) == [(0, 0), (0, 8), (8, 0), (8, 8)]
    assert len(set(spread_out(points, 81))) == 81
