"""Contact sheets."""

import numpy as np
import pytest

from stream_engine.avatar.sheet import COLUMNS, POSES, draw_sheet
from stream_engine.mesh.skin_texture import read_png, write_png
from stream_engine.motion.arkit import pose_row


@pytest.mark.gl
@pytest.mark.slow
def test_an_imported_avatar_is_drawn_in_every_pose(avatar):
    """Sixteen pictures with a face in each, no two alike."""
    sheet = draw_sheet(avatar, 64)
    stills = [sheet[r : r + 64, c : c + 64] for r in range(0, 256, 64) for c in range(0, 256, 64)]
    assert len(stills) == len(POSES) == COLUMNS**2
    assert all(still[:, 20:44].std() > 20 for still in stills)
    for k, still in enumerate(stills):
        assert all(not np.array_equal(still, other) for other in stills[:k])
    assert np.array_equal(read_png(write_png(sheet))[..., :3], sheet)


def test_poses_are_coefficients():
    """Every pose names shapes that there are."""
    assert all(np.isfinite(pose_row(pose)).all() for pose in POSES.values())
