"""Shapes made out of others."""

from dataclasses import replace

import numpy as np
import pytest

from stream_engine.avatar.complete import Mirror, complete, from_visemes, joined_sides, split_sides
from stream_engine.avatar.visemes import VISEMES, pose_of
from stream_engine.motion.arkit import ARKIT_NAMES, INDEX

CENTRE = [name for name in ARKIT_NAMES if not name.endswith(("Left", "Right"))]


def without(whole, *names):
    return replace(whole, shapes={k: v for k, v in whole.shapes.items() if k not in names})


def test_the_other_side_is_mirrored(imported, reference):
    """With one side's shapes alone the other's come out as they were, nearly."""
    right = [name for name in ARKIT_NAMES if name.endswith("Right")]
    made = complete(without(imported.whole, *right), None, reference)
    assert made.how["mouthSmileRight"] == "mirrored"
    wanted = imported.whole.shapes["mouthSmileRight"]
    got = made.offsets[INDEX["mouthSmileRight"]]
    reach = np.abs(wanted).max()
    assert np.quantile(np.abs(got - wanted), 0.99) < 0.15 * reach
    assert np.abs(got - wanted).mean() < 0.005 * reach


def test_both_sides_are_split_and_halves_are_joined(imported):
    """A smile of both sides is two, which add up to it; two halves of a brow are one."""
    whole = imported.whole
    both = whole.shapes["mouthSmileLeft"] + whole.shapes["mouthSmileRight"]
    halves = split_sides(replace(whole, shapes={"mouthSmile": both}))
    assert np.allclose(halves["mouthSmileLeft"] + halves["mouthSmileRight"], both)
    assert np.abs(halves["mouthSmileLeft"][whole.positions[:, 0] < -0.01]).max() == 0
    left = whole.shapes["browInnerUp"] * (whole.positions[:, :1] > 0)
    parts = {"browInnerUpLeft": left, "browInnerUpRight": whole.shapes["browInnerUp"] - left}
    joined = joined_sides(replace(whole, shapes=parts))
    assert np.allclose(joined["browInnerUp"], whole.shapes["browInnerUp"])


def test_mirroring_twice_changes_little(imported):
    """What has a counterpart comes back."""
    whole = imported.whole
    puff = whole.shapes["cheekPuff"]
    mirror = Mirror(whole.positions)
    twice = mirror.of(mirror.of(puff))
    assert np.abs(twice - puff).mean() < 0.01 * np.abs(puff).max()


def test_shapes_solved_from_visemes_give_the_visemes_back(imported):
    """All visemes and no shape: what is solved for makes the visemes again, nearly."""
    shapes = np.stack([imported.whole.shapes.get(n, np.zeros_like(imported.whole.positions))
                       for n in ARKIT_NAMES])  # fmt: skip
    given = {f"viseme:{name}": np.tensordot(pose_of(name), shapes, 1) for name in VISEMES}
    solved = from_visemes(given, {})
    again = sum(pose_of("aa")[INDEX[name]] * offsets for name, offsets in solved.items())
    assert np.abs(again - given["viseme:aa"]).max() < 0.2 * np.abs(given["viseme:aa"]).max()


def test_lips_are_shut_where_the_file_cannot(imported, reference):
    """MouthClose made: with the jaw open as far, upper and lower lip are where they touch."""
    made = complete(without(imported.whole, "mouthClose"), None, reference)
    assert made.how["mouthClose"] == "lips"
    moved = made.offsets[INDEX["jawOpen"]] + made.offsets[INDEX["mouthClose"]]
    apart = moved[made.lips.upper] - moved[made.lips.lower]
    opened = made.offsets[INDEX["jawOpen"]][made.lips.lower][:, 1].min()
    assert np.abs(apart[2:-2, 1]).max() < 0.12 * abs(opened)


def test_a_jaw_bone_opens_the_jaw(imported, reference):
    """Shares of the bone and where it turns are enough; and eyeballs give the gaze."""
    jaw = imported.whole.shapes["jawOpen"]
    share = np.clip(-jaw[:, 1] / -jaw[:, 1].min(), 0.0, 1.0)
    gone = ["jawOpen", *[name for name in ARKIT_NAMES if name.startswith("eyeLook")]]
    whole = replace(without(imported.whole, *gone), jaw_share=share)
    made = complete(whole, np.array([0.0, -0.01, 0.01]), reference)
    assert made.how["jawOpen"] == "jaw bone"
    assert made.how["eyeLookUpLeft"] == "turning eyeballs"
    drop = made.offsets[INDEX["jawOpen"]][:, 1].min()
    assert drop == pytest.approx(jaw[:, 1].min(), rel=0.5)
