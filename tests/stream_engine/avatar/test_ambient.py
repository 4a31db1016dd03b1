"""Open sky."""

import numpy as np

from stream_engine.avatar.ambient import open_sky
from stream_engine.mesh.normals import NormalField


def test_a_pit_is_darker_than_a_plain():
    """A plate under a lid sees less sky than the lid's upper side."""
    side = np.linspace(-0.1, 0.1, 20)
    x, z = (axis.ravel() for axis in np.meshgrid(side, side))
    lid = np.stack([x, np.full_like(x, 0.02), z], axis=1)
    corner = (np.arange(19)[:, None] * 20 + np.arange(19)).ravel()
    faces = np.concatenate([np.stack([corner, corner + 20, corner + 1], axis=1),
                            np.stack([corner + 1, corner + 20, corner + 21], axis=1)])  # fmt: skip
    positions = np.concatenate([lid, lid - (0, 0.02, 0)])
    triangles = np.concatenate([faces, faces + 400])
    still = positions.astype(np.float32)
    normals = NormalField(triangles.astype(np.uint16), 800).of(still).astype(np.float64)
    sky = open_sky(positions, triangles, normals)
    assert sky[:400].min() > 0.9
    assert sky[610] < 0.4
