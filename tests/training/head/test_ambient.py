"""Ambient light."""

import numpy as np

from stream_engine.mesh.normals import NormalField
from tests.stream_engine.mesh.test_normals import sphere
from training.head.ambient import sky_visibility, smooth
from training.head.part import grid_quads, split_quads


def test_a_ball_sees_all_of_its_sky_and_a_covered_ball_less():
    """A roof close above takes light away."""
    points, triangles = sphere()
    points = points * 0.05
    normals = NormalField(triangles, len(points)).of(points).astype(float)
    free = sky_visibility(points.astype(float), triangles.astype(int), normals)
    assert free.min() > 0.8
    side = 40
    x, z = np.meshgrid(np.linspace(-0.2, 0.2, side), np.linspace(-0.2, 0.2, side))
    roof = np.stack([x, np.full_like(x, 0.06), z], axis=-1).reshape(-1, 3)
    cover = split_quads(roof, grid_quads(side, side)) + len(points)
    both = np.concatenate([points, roof])
    corners = np.concatenate([triangles.astype(int), cover])
    down = np.concatenate([normals, np.tile([0.0, -1.0, 0.0], (len(roof), 1))])
    covered = sky_visibility(both, corners, down)[: len(points)]
    top = points[:, 1] > 0.04
    assert covered[top].mean() < 0.5 * free[top].mean()


def test_smoothing_spreads_a_spike():
    """A lone value flows to its neighbours and none is made up."""
    values = smooth(np.array([1.0, 0.0, 0.0]), np.array([[0, 1, 2]]), 1)
    assert values[0] < 1.0
    assert values[1] == values[2] > 0.0
    assert values.max() <= 1.0
