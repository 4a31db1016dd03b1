"""Lips that meet for p, b and m, on every avatar."""

from dataclasses import replace

import numpy as np
import pytest

from stream_engine.assemble import VISEMES
from stream_engine.avatar.closure import CLOSED_MM, LipGap, closure_text, lip_closure
from stream_engine.mesh.head_asset import HEADS, load_head_asset
from stream_engine.motion.arkit import INDEX
from stream_engine.motion.viseme_mouth import load_visemes


@pytest.mark.parametrize("name", HEADS)
def test_lips_meet_on_every_shipped_avatar(name):
    """Poses of p, b and m leave no gap that is seen, and an open jaw does."""
    *closed, opened = lip_closure(load_head_asset(HEADS[name]))
    assert all(gap.closed for gap in closed), closure_text(closed)
    assert opened.widest_mm > 6.0


def test_lips_meet_on_an_imported_avatar(avatar):
    """Found lips and read shapes shut as well."""
    *closed, opened = lip_closure(avatar)
    assert all(gap.closed for gap in closed), closure_text(closed)
    assert opened.widest_mm > 6.0


@pytest.mark.parametrize("name", HEADS)
def test_learned_mouths_that_are_shut_are_shut_on_every_avatar(name, reference):
    """Mouths learned from speech that close the default head's lips close every avatar's."""
    poses = load_visemes(VISEMES).poses
    shut = LipGap(reference).of(poses).max(axis=1) <= 0.5
    assert shut.sum() >= 2
    there = LipGap(load_head_asset(HEADS[name])).of(poses).max(axis=1)
    assert there[shut].max() <= CLOSED_MM


def test_an_avatar_that_cannot_close_is_told(reference):
    """Without mouthClose the lips of an open jaw stay open, and the table says so."""
    deltas = reference.deltas.copy()
    deltas[INDEX["mouthClose"]] = 0
    gaps = lip_closure(replace(reference, deltas=deltas))
    assert not gaps[2].closed
    assert "open" in closure_text(gaps)
    assert np.isfinite([gap.widest_mm for gap in gaps]).all()
