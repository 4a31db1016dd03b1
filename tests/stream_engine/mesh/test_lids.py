"""Lids that meet, and eyes that stay in their sockets."""

import json
import shutil
import subprocess
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import HeadAsset, load_head_asset
from stream_engine.mesh.lids import Lids, eye_ball
from stream_engine.mesh.materials import Material
from stream_engine.motion.arkit import ARKIT_COUNT, COEFFICIENT_COUNT, INDEX
from stream_engine.types import F32
from tests.paths import ROOT
from tests.solids import Solids

UPPER_FACE = [k for n, k in INDEX.items() if n.startswith(("eye", "brow", "cheek", "noseSneer"))]


@pytest.fixture(scope="module")
def asset() -> HeadAsset:
    """The shipped head."""
    return load_head_asset()


@pytest.fixture(scope="module")
def mesh(asset: HeadAsset) -> HeadMesh:
    """It, to be posed."""
    return HeadMesh(asset)


@pytest.fixture(scope="module")
def solids(asset: HeadAsset) -> Solids:
    """What measures it."""
    return Solids(asset)


def faces(**weights: float) -> F32:
    """One face, both sides alike, [1, D]."""
    face = np.zeros((1, COEFFICIENT_COUNT), np.float32)
    for name, weight in weights.items():
        for side in ("Left", "Right"):
            face[0, INDEX[name + side]] = weight
    return face


def linear(asset: HeadAsset, motion: F32) -> F32:
    """Heads without correctives, float32 [T, V, 3]."""
    moved = motion[:, :ARKIT_COUNT] @ asset.basis + asset.positions.reshape(-1)
    return moved.reshape(len(motion), -1, 3)


@given(st.dictionaries(st.sampled_from(UPPER_FACE), st.floats(0, 1), max_size=8))
@settings(max_examples=20, deadline=None)
def test_no_lid_goes_through_the_eye_whatever_is_mixed(weights: dict[int, float]) -> None:
    """Of what lies in front of the ball at rest nothing is in it, to a twentieth of a mm."""
    head = load_head_asset()
    motion = np.zeros((1, COEFFICIENT_COUNT), np.float32)
    for column, weight in weights.items():
        motion[0, column] = weight
    positions = HeadMesh(head).pose_many(motion).positions
    assert Solids(head).of(positions).lids.max() < 0.05


def test_without_the_corrective_a_squinting_smile_cuts_the_eye(
    asset: HeadAsset, mesh: HeadMesh, solids: Solids
) -> None:
    """By more than half a millimetre: what the corrective is for."""
    squint = faces(eyeSquint=1.0, cheekSquint=1.0)
    assert solids.of(linear(asset, squint)).lids[0] > 0.5
    assert solids.of(mesh.pose_many(squint).positions).lids[0] < 0.05


def test_a_blink_ends_where_the_lids_meet(asset: HeadAsset) -> None:
    """Half of one is left alone; a whole one is less by whatever else closes the eye."""
    lids, blink = Lids(asset), INDEX["eyeBlinkLeft"]
    ends = {
        name: float(lids.closed(faces(**weights)[:, :ARKIT_COUNT])[0, blink])
        for name, weights in {
            "half": {"eyeBlink": 0.5},
            "whole": {"eyeBlink": 1.0},
            "down": {"eyeBlink": 1.0, "eyeLookDown": 1.0},
            "wide": {"eyeBlink": 1.0, "eyeWide": 1.0},
        }.items()
    }
    assert ends["half"] == 0.5
    assert 0.6 < ends["whole"] < 0.9
    assert ends["down"] < ends["whole"] < ends["wide"]


def test_open_eyes_are_left_alone(asset: HeadAsset) -> None:
    """A head at rest keeps its bits, and so does everything that is no lid."""
    still = asset.positions[None].copy()
    Lids(asset).correct(still)
    assert np.array_equal(still[0], asset.positions)
    posed = linear(asset, faces(eyeBlink=0.4, eyeSquint=1.0, cheekSquint=1.0))
    before = posed.copy()
    Lids(asset).correct(posed)
    moved = np.abs(posed - before).max(axis=(0, 2)) > 0.0
    assert 0 < np.count_nonzero(moved) < 300
    assert not moved[asset.region("lips") | (asset.material == Material.EYE)].any()


def test_a_head_without_eyes_has_no_lids(asset: HeadAsset) -> None:
    """Nothing is corrected, nothing fails; nor where an eye is no ball."""
    blind = replace(asset, material=np.where(asset.material == Material.EYE, 0, asset.material))
    assert Lids(blind).measures() == []
    rough = asset.positions.copy()
    rough[asset.material == Material.EYE] += 0.004 * np.random.default_rng(0).standard_normal(3)
    rough[np.flatnonzero(asset.material == Material.EYE)[::2]] *= 0.95
    assert Lids(replace(asset, positions=rough)).measures() == []


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.1, 2))
def test_a_ball_is_found_from_points_on_it(x: float, y: float, radius: float) -> None:
    """Middle and radius."""
    turns = np.array(list(product(np.linspace(0.2, 2.9, 5), np.linspace(0, 5, 7))))
    ring = np.stack(
        [np.sin(turns[:, 0]) * np.cos(turns[:, 1]), np.sin(turns[:, 0]) * np.sin(turns[:, 1]),
         np.cos(turns[:, 0])], axis=1,
    )  # fmt: skip
    middle, found = eye_ball((ring * radius + [x, y, 0.0]).astype(np.float32))
    assert found == pytest.approx(radius, rel=1e-3)
    assert middle == pytest.approx([x, y, 0.0], abs=1e-3 * (1 + radius))


POSE = """
import { readFileSync } from 'node:fs';
import { Poser } from './clients/web/pose.js';
const { tensors, pivot, portrait, rows } = JSON.parse(readFileSync(0, 'utf8'));
for (const [name, kind] of [['positions', Float32Array], ['deltas', Int16Array],
  ['delta_scale', Float32Array], ['head_weight', Float32Array], ['triangles', Uint16Array]]) {
  tensors[name] = kind.from(tensors[name]);
}
const poser = new Poser({ tensors, pivot, portrait });
const posed = rows.map((row) => { poser.pose(row); return Array.from(poser.positions); });
console.log(JSON.stringify(posed));
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_page_poses_as_the_server_does(asset: HeadAsset, mesh: HeadMesh) -> None:
    """To a hundredth of a millimetre: blinks, squints, looks, a jaw, lips, a turned head."""
    rows = np.concatenate(
        [
            faces(eyeBlink=1.0, eyeLookDown=0.7),
            faces(eyeSquint=1.0, cheekSquint=1.0),
            faces(eyeBlink=0.6, eyeWide=0.3, mouthSmile=0.8),
        ]
    )
    rows[:, INDEX["jawOpen"]] = 0.3
    rows = np.concatenate([rows, faces(mouthSmile=1.0, mouthPress=0.8)])
    rows[:, INDEX["headYaw"]] = 0.2
    names = ("positions", "deltas", "delta_scale", "head_weight", "triangles")
    upper = int(asset.inner_lip[0])
    mouth = {"upper": [upper], "lower": [upper], "rest": 0.0, "dark": 0.1, "wide_open": 0.01}
    given = {
        "tensors": {name: getattr(asset, name).ravel().tolist() for name in names},
        "pivot": asset.pivot.tolist(),
        "portrait": {"mouth": mouth, **mesh.measures()},
        "rows": rows.tolist(),
    }
    done = subprocess.run(
        ["node", "--input-type=module", "-e", POSE], input=json.dumps(given), cwd=ROOT,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    page = np.array(json.loads(done.stdout), np.float32).reshape(len(rows), -1, 3)
    assert np.abs(page - mesh.pose_many(rows).positions).max() < 1e-5
