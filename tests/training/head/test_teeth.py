"""Teeth."""

import numpy as np
import pytest

from stream_engine.mesh.materials import Material
from stream_engine.motion.arkit import INDEX
from training.head.teeth import build_teeth


@pytest.mark.slow
def test_rows_are_symmetric(source):
    """Left and right teeth mirror each other."""
    for jaw in ("upper", "lower"):
        positions = build_teeth(source, jaw).positions
        mirrored = positions * (-1, 1, 1)
        gaps = np.linalg.norm(positions[:, None] - mirrored, axis=2).min(axis=1)
        assert gaps.max() < 0.002


@pytest.mark.slow
def test_upper_teeth_overlap_lower_teeth_in_front(source):
    """The bite is a normal one."""
    upper, lower = build_teeth(source, "upper"), build_teeth(source, "lower")
    teeth = [part.positions[part.material == Material.TEETH] for part in (upper, lower)]
    assert teeth[0][:, 2].max() > teeth[1][:, 2].max()
    assert teeth[0][:, 1].min() < teeth[1][:, 1].max()


@pytest.mark.slow
def test_only_lower_teeth_follow_the_jaw(source):
    """Upper teeth belong to the skull."""
    assert (build_teeth(source, "upper").deltas == 0).all()
    assert build_teeth(source, "lower").deltas[INDEX["jawOpen"]][:, 1].max() < -0.005
