"""Landmarks on the head."""

import numpy as np

from stream_engine.mesh.head_asset import load_head_asset
from training.data.landmarks import EMBEDDING, embed, project, rasterise


def test_the_kept_embedding_fits_the_shipped_head() -> None:
    """Vertex numbers exist, weights add up to one, and irises lie on eyes, not skin."""
    head = load_head_asset()
    with np.load(EMBEDDING) as kept:
        vertices, weights = kept["vertices"], kept["weights"]
    assert vertices.shape == (478, 3)
    assert vertices.max() < head.vertices
    assert np.allclose(weights.sum(axis=1), 1.0, atol=1e-5)
    assert (vertices[468:] >= head.skin_vertices).all()
    assert (vertices[:468] < head.skin_vertices).all()


def test_the_nearer_triangle_hides_the_other() -> None:
    """A pixel shows the surface in front; a landmark lands on it with the right weights."""
    square = np.array([[-0.05, -0.05, 0], [0.05, -0.05, 0], [0.0, 0.06, 0]])
    positions = np.concatenate([square, square + np.array([0, 0, 0.02])])
    triangles = np.array([[0, 1, 2], [3, 4, 5]])
    raster = rasterise(positions, triangles)
    assert set(np.unique(raster.triangle)) == {-1, 1}
    middle = positions[3:].mean(axis=0, keepdims=True)
    vertices, weights = embed(project(middle)[:, :2], raster, triangles, np.array([True, True]))
    assert vertices.tolist() == [[3, 4, 5]]
    assert np.allclose(weights, 1 / 3, atol=0.02)
