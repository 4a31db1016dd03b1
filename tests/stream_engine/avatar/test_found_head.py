"""What a reader hands on."""

import numpy as np

from stream_engine.avatar.found_head import FoundHead, FoundMesh, FoundSurface


def test_names_of_shapes_are_each_told_once():
    """In the order of the file, whichever mesh has them."""
    nothing = np.zeros((3, 3))

    def mesh(*names):
        shapes = dict.fromkeys(names, nothing)
        return FoundMesh("m", 0, nothing, np.array([[0, 1, 2]]), nothing[:, :2], shapes)

    head = FoundHead("file", (mesh("b", "a"), mesh("a", "c")), (FoundSurface("s"),))
    assert head.shape_names == ("b", "a", "c")
