"""Tongue and lashes."""

import numpy as np
import pytest

from stream_engine.motion.arkit import INDEX
from training.head.skin import cut_skin
from training.head.soft_parts import build_lashes, build_tongue


@pytest.mark.slow
def test_the_tongue_comes_out(source):
    """The shape tongueOut moves its tip forward by centimetres."""
    tongue = build_tongue(source)
    assert tongue.deltas[INDEX["tongueOut"]][:, 2].max() > 0.015


@pytest.mark.slow
def test_lash_roots_follow_the_lid(source):
    """In a blink, upper lashes sink as the lid does."""
    skin = cut_skin(source).part
    lashes = build_lashes(source, skin)
    blink = INDEX["eyeBlinkLeft"]
    assert lashes.deltas[blink][:, 1].min() < 0.8 * skin.deltas[blink][:, 1].min()
    assert lashes.uv.min() >= 0.0
    assert lashes.uv.max() <= 1.0
    assert np.isfinite(lashes.deltas).all()
