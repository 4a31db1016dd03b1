"""Thinning out."""

import numpy as np

from training.head.part import grid_quads, split_quads
from training.head.simplify import EdgeCollapse


def sheet(side=8, bump=0.0):
    """A square sheet with a bump in one vertex."""
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    points = np.stack([x, y, np.zeros_like(x)], axis=-1).reshape(-1, 3) * 0.003
    points[side * 3 + 3, 2] = bump
    triangles = split_quads(points, grid_quads(side, side)[:, ::-1])
    rim = (x == 0) | (y == 0) | (x == side - 1) | (y == side - 1)
    return points, triangles, rim.ravel()


def test_a_flat_sheet_loses_triangles_but_no_area():
    """Collapsing keeps the surface covered, without folds."""
    points, triangles, rim = sheet()
    thin = EdgeCollapse(points[None], triangles, rim).run(1e-4)
    assert len(thin) < 0.7 * len(triangles)

    def area(faces):
        a, b, c = (points[faces[:, k], :2] for k in range(3))
        (ux, uy), (vx, vy) = (b - a).T, (c - a).T
        return (ux * vy - uy * vx) / 2

    np.testing.assert_allclose(area(thin).sum(), area(triangles).sum())
    assert (np.sign(area(thin)) == np.sign(area(triangles).sum())).all()


def test_what_shows_in_one_pose_stays():
    """A vertex that is flat at rest but stands out in a pose is kept."""
    flat, triangles, rim = sheet()
    bumped, _, _ = sheet(bump=0.002)
    tip = 8 * 3 + 3
    assert tip in EdgeCollapse(np.stack([flat, bumped]), triangles, rim).run(1e-4)


def test_locked_vertices_stay():
    """The rim is untouched."""
    points, triangles, rim = sheet()
    thin = EdgeCollapse(points[None], triangles, rim).run(1e-2)
    assert set(np.flatnonzero(rim)) <= set(thin.ravel())
