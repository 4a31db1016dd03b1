"""Mouths to look into."""

from dataclasses import replace

import numpy as np

from stream_engine.avatar.lining import lined
from stream_engine.mesh.materials import Material
from stream_engine.motion.arkit import INDEX


def test_a_mouth_with_nothing_in_it_is_lined(imported):
    """A bag behind the lips, which opens with them; a mouth with teeth stays as it is."""
    assert lined(imported.whole, imported.made)[0] is imported.whole
    bare = replace(imported.whole, kind=np.zeros_like(imported.whole.kind))
    whole, made = lined(bare, imported.made)
    bag = whole.is_kind(Material.MOUTH)
    assert bag.sum() == 4 * len(imported.made.lips.inner_loop)
    lips = imported.whole.positions[imported.made.lips.inner_loop]
    assert whole.positions[bag, 2].max() < lips[:, 2].max()
    opened = made.offsets[INDEX["jawOpen"]][bag, 1]
    assert opened.min() < -0.01 < opened.max()
    assert len(whole.positions) == made.offsets.shape[1] == len(whole.color)
    assert whole.triangles.max() < len(whole.positions)
