"""Parts and how they join."""

import numpy as np

from training.head.part import DrawGroup, Part, grid_quads, join, split_quads


def square(group):
    """A part of one quad."""
    positions = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    return Part(
        group,
        positions,
        split_quads(positions, np.array([[0, 1, 2, 3]])),
        np.zeros((4, 2)),
        np.zeros(4, dtype=int),
        np.zeros((4, 3)),
        np.zeros((52, 4, 3)),
    )


def test_joining_renumbers_triangles_and_merges_groups():
    """Parts of one group become one run."""
    whole, groups = join([square("skin"), square("mouth"), square("mouth")])
    assert groups == [DrawGroup("skin", 0, 2), DrawGroup("mouth", 2, 4)]
    assert whole.positions.shape == (12, 3)
    assert set(whole.triangles[4:].ravel()) == {8, 9, 10, 11}


def test_quads_are_cut_along_the_shorter_diagonal():
    """A long diagonal never becomes an edge."""
    positions = np.array([[0.0, 0, 0], [2, 0, 0], [3, 1, 0], [1, 1, 0]])
    triangles = split_quads(positions, np.array([[0, 1, 2, 3]]))
    assert not any({0, 2} <= set(triangle) for triangle in triangles)
    assert len(triangles) == 2


def test_a_grid_has_a_quad_between_each_four_neighbours():
    """Two by three vertices make two quads."""
    np.testing.assert_array_equal(grid_quads(2, 3), [[0, 3, 4, 1], [1, 4, 5, 2]])
