"""Light in the mouth."""

import numpy as np
import pytest

from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.motion.arkit import COEFFICIENT_COUNT, INDEX
from stream_engine.render.mouth_light import MouthLight


def light(jaw):
    """What is measured for an opening jaw."""
    head = load_head_asset()
    row = np.zeros(COEFFICIENT_COUNT, dtype=np.float32)
    row[INDEX["jawOpen"]] = jaw
    return MouthLight(head).of(HeadMesh(head).pose(0, row).positions)


def test_a_closed_mouth_is_dark_and_an_open_one_lit():
    """Light grows with the opening and ends at one."""
    closed, ajar, wide = (light(jaw)[3] for jaw in (0.0, 0.2, 1.0))
    assert closed < 0.15
    assert closed < ajar < wide
    assert wide == pytest.approx(1.0)


def test_the_opening_lies_between_the_lips():
    """Its middle sinks as the jaw drops and stays on the midline."""
    x, y, z, _ = light(0.0)
    assert abs(x) < 1e-3
    assert z > 0.08
    assert light(1.0)[1] < y - 0.008


def test_what_it_measures_can_be_measured_elsewhere():
    """The numbers handed out give the same light, step by step."""
    head = load_head_asset()
    mouth = MouthLight(head)
    told = mouth.measures()
    row = np.zeros(COEFFICIENT_COUNT, dtype=np.float32)
    row[INDEX["jawOpen"]] = 0.15
    positions = HeadMesh(head).pose(0, row).positions
    upper, lower = (positions[told[side]].mean(axis=0) for side in ("upper", "lower"))
    gap = max(float(upper[1] - lower[1]) - told["rest"], 0.0)
    open_share = min(gap / told["wide_open"], 1.0) ** 0.5
    expected = (*((upper + lower) / 2), told["dark"] + (1 - told["dark"]) * open_share)
    assert mouth.of(positions) == pytest.approx(expected, rel=1e-5)
