"""Lips that touch and go no further."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import HEADS, HeadAsset, load_head_asset
from stream_engine.mesh.lip_contact import LipContact
from stream_engine.motion.arkit import ARKIT_COUNT, COEFFICIENT_COUNT, INDEX, pose_row
from stream_engine.types import F32
from tests.solids import Solids

SMILES = {
    "smile": {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0, "mouthPressLeft": 0.5},
    "pressed": {"mouthPressLeft": 1.0, "mouthPressRight": 1.0},
    "rolled": {"mouthRollUpper": 0.6, "mouthRollLower": 0.6},
    "shut": {"mouthClose": 0.3},
    "aside": {"mouthPressLeft": 0.6, "mouthLeft": 0.7, "mouthFrownRight": 0.8},
}
TOUCH_MM, MIXED_MM = 0.55, 0.8
"""Lips press each other by .3; more is left where one slides sideways over the other."""
MOUTH = [k for name, k in INDEX.items() if name.startswith(("mouth", "jaw"))]
HEAD = load_head_asset()
MESH, SOLIDS = HeadMesh(HEAD), Solids(HEAD)


def linear(asset: HeadAsset, motion: F32) -> F32:
    """Heads without correctives, float32 [T, V, 3]."""
    moved = motion[:, :ARKIT_COUNT] @ asset.basis + asset.positions.reshape(-1)
    return moved.reshape(len(motion), -1, 3)


@pytest.mark.parametrize("avatar", HEADS)
def test_no_lip_goes_into_the_other(avatar: str) -> None:
    """Closed mouths that smile, press, roll: the shapes alone overlap by half a mm and more."""
    asset = load_head_asset(HEADS[avatar])
    motion = np.stack([pose_row(pose) for pose in SMILES.values()])
    solids = Solids(asset)
    before = [solids.overlap(head) for head in linear(asset, motion)]
    after = [solids.overlap(head) for head in HeadMesh(asset).pose_many(motion).positions]
    assert min(before) > 0.5
    assert max(after) < TOUCH_MM, after


@given(st.dictionaries(st.sampled_from(MOUTH), st.floats(0, 1), max_size=6))
@settings(max_examples=12, deadline=None)
def test_lips_touch_and_are_not_opened(weights: dict[int, float]) -> None:
    """Whatever is mixed: no deeper than they were, no wider open than they were or a touch."""
    motion = np.zeros((1, COEFFICIENT_COUNT), np.float32)
    for column, weight in weights.items():
        motion[0, column] = weight
    # mouthClose closes what the jaw opens: alone it would put the lips through each other by 30 mm.
    shut, jaw = motion[0, INDEX["mouthClose"]], motion[0, INDEX["jawOpen"]]
    motion[0, INDEX["mouthClose"]] = min(shut, jaw + 0.1)
    before = SOLIDS.overlap(linear(HEAD, motion)[0])
    after = SOLIDS.overlap(MESH.pose_many(motion).positions[0])
    assert after <= before + 1e-3
    assert after < MIXED_MM + 0.2 * before
    if before > 0.0:
        assert after > -0.1  # a touch, no gap


def test_open_mouths_and_heads_at_rest_are_left_alone() -> None:
    """To the bit; and of a pressed mouth nothing but what is near it."""
    for pose in ({}, {"jawOpen": 0.4}, {"mouthFunnel": 0.7, "jawOpen": 0.2}):
        alone = linear(HEAD, pose_row(pose)[None])
        corrected = alone.copy()
        LipContact(HEAD).correct(corrected)
        assert np.array_equal(alone, corrected)
    alone = linear(HEAD, pose_row(SMILES["pressed"])[None])
    corrected = alone.copy()
    LipContact(HEAD).correct(corrected)
    moved = np.abs(corrected - alone).max(axis=(0, 2)) > 0.0
    assert moved[HEAD.region("lips")].sum() > 50
    mouth = HEAD.positions[HEAD.inner_lip]
    far = np.linalg.norm(HEAD.positions[:, None] - mouth[None], axis=2).min(axis=1)
    assert far[moved].max() < 0.0121
    assert not moved[HEAD.skin_vertices :].any()  # teeth and tongue stay


def test_all_of_it_can_be_told() -> None:
    """One entry for each column, and for each vertex that moves, each at most once."""
    told = LipContact(HEAD).measures()
    columns, vertices = (len(list(told[name])) for name in ("upper", "vertices"))
    assert len(list(told["least"])) == columns
    assert {len(list(told[name])) for name in ("pull", "column")} == {vertices}
    assert max(Counter(told["vertices"]).values()) == 1
