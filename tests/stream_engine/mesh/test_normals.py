"""Vertex normals."""

import numpy as np

from stream_engine.mesh.normals import NormalField


def sphere(rows=12, columns=24):
    """Points of a sphere and triangles that face outwards."""
    polar, turn = np.meshgrid(
        np.linspace(0.2, np.pi - 0.2, rows),
        np.linspace(0, 2 * np.pi, columns, endpoint=False),
        indexing="ij",
    )
    points = np.stack(
        [np.sin(polar) * np.sin(turn), np.cos(polar), np.sin(polar) * np.cos(turn)], axis=-1
    ).reshape(-1, 3)
    triangles = []
    for row in range(rows - 1):
        for column in range(columns):
            a, b = row * columns + column, row * columns + (column + 1) % columns
            triangles += [(a, a + columns, b), (b, a + columns, b + columns)]
    return points.astype(np.float32), np.array(triangles, dtype=np.uint16)


def test_normals_of_a_sphere_point_away_from_its_middle():
    """Inner vertices get the true normal within a few degrees."""
    points, triangles = sphere()
    normals = NormalField(triangles, len(points)).of(points)
    inner = np.abs(points[:, 1]) < 0.8
    assert ((normals * points).sum(axis=1)[inner] > 0.98).all()


def test_a_lone_vertex_gets_a_finite_normal():
    """A vertex without triangles does not spoil the frame."""
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [5, 5, 5]], dtype=np.float32)
    normals = NormalField(np.array([[0, 1, 2]], dtype=np.uint16), 4).of(points)
    np.testing.assert_allclose(normals[:3], [[0, 0, 1]] * 3)
    assert np.isfinite(normals).all()
