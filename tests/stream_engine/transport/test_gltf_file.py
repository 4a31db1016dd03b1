"""The head as an animated GLB: read back by the specification, posed, and held against the mesh."""

import json
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from stream_engine.formats.rotation import Turn, quaternion
from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import HeadAsset, load_head_asset
from stream_engine.mesh.lids import Lids
from stream_engine.mesh.lip_contact import LipContact
from stream_engine.mesh.retarget import read_retarget
from stream_engine.motion.arkit import ARKIT_NAMES, INDEX
from stream_engine.transport.gltf_file import GltfFile, animated_head
from stream_engine.types import F32
from tests.contracts.frame_sink_contract import check_frame_sink, some_motion
from tests.node_modules import node_modules
from tests.stream_engine.formats.test_glb import Glb
from tests.stream_engine.formats.test_rotation import turned

MOTION = some_motion(5, start=3)

VALIDATE = """
const fs = require("fs");
const validator = require("gltf-validator");
const data = new Uint8Array(fs.readFileSync(process.argv[1]));
validator.validateBytes(data, { maxIssues: 50 }).then((r) => console.log(JSON.stringify(r)));
"""


@cache
def head() -> HeadAsset:
    """The shipped head, once."""
    return load_head_asset()


@cache
def made() -> bytes:
    """A file of five frames."""
    return animated_head(head(), [MOTION])


@pytest.fixture(scope="module")
def glb() -> Glb:
    return Glb(made())


def sampled(glb: Glb, path: str) -> np.ndarray:
    """Values of the channel that moves ``path``."""
    (animation,) = glb.json["animations"]
    (channel,) = [c for c in animation["channels"] if c["target"]["path"] == path]
    return glb.array(animation["samplers"][channel["sampler"]]["output"])


def test_the_file_poses_as_the_mesh_does(glb: Glb) -> None:
    """Morph, then skin, by the specification's formulas: `HeadMesh`, but for shares in bytes.

    And but for lids, which meet there and slide over the eyes, and lips: a file has shapes alone.
    """
    meet = Lids(head()).closed
    free = [*Lids(head()).measures(), LipContact(head()).measures()]
    corrected = np.concatenate([np.array(part["vertices"]) for part in free])
    posed = HeadMesh(head()).pose_many(MOTION.coefficients).positions
    rotations, pivot = sampled(glb, "rotation"), glb.json["nodes"][2]["translation"]
    weights = meet(sampled(glb, "weights").reshape(len(MOTION.coefficients), 52))
    for group, primitive in zip(head().groups, glb.json["meshes"][0]["primitives"], strict=True):
        corners = head().draw_triangles[group.first_triangle :][: group.triangles]
        used = np.unique(corners)
        np.testing.assert_array_equal(used[glb.array(primitive["indices"])], corners.reshape(-1))
        rest = glb.array(primitive["attributes"]["POSITION"])
        shapes = np.stack([glb.array(target["POSITION"]) for target in primitive["targets"]])
        shares = glb.array(primitive["attributes"]["WEIGHTS_0"]) / 255.0
        for frame in (0, 4):
            still = rest + np.einsum("k,kvx->vx", weights[frame], shapes)
            moved = pivot + np.array([turned(rotations[frame], tuple(v - pivot)) for v in still])
            skinned = shares[:, :1] * still + shares[:, 1:2] * moved
            rounding = np.abs(moved - still) / 500  # of shares to bytes
            slides = np.isin(used, corrected)[:, None]
            apart = np.abs(skinned - posed[frame][used])
            assert (apart < 1e-6 + rounding + 0.006 * slides).all()


def test_times_and_names_are_those_of_the_speech(glb: Glb) -> None:
    """From frame 3 on, 40 ms apart; 52 targets by ARKit's names, at rest by default."""
    (animation,) = glb.json["animations"]
    inputs = {sampler["input"] for sampler in animation["samplers"]}
    times = glb.array(inputs.pop())
    assert not inputs
    np.testing.assert_allclose(times, (3 + np.arange(5)) / 25, rtol=1e-6)
    (mesh,) = glb.json["meshes"]
    assert mesh["extras"]["targetNames"] == list(ARKIT_NAMES)
    assert mesh["weights"] == [0.0] * 52
    assert {len(primitive["targets"]) for primitive in mesh["primitives"]} == {52}


def test_the_head_joint_turns_by_the_coefficients(glb: Glb) -> None:
    """Quaternions of pitch, yaw and roll; shares of the joints add up to one."""
    expected = [quaternion(Turn(*map(float, row))) for row in MOTION.coefficients[:, 52:]]
    np.testing.assert_allclose(sampled(glb, "rotation"), expected, atol=1e-6)
    for primitive in glb.json["meshes"][0]["primitives"]:
        shares = glb.array(primitive["attributes"]["WEIGHTS_0"])
        assert (shares.astype(int).sum(axis=1) == 255).all()
    (skin,) = glb.json["skins"]
    matrices = glb.array(skin["inverseBindMatrices"]).reshape(2, 4, 4)
    np.testing.assert_array_equal(matrices[1, 3, :3], -head().pivot)


def test_no_extension_is_asked_for_and_the_file_is_small(glb: Glb) -> None:
    """Core glTF 2.0; under 1.3 MB, and 228 bytes for each frame more."""
    assert not {"extensionsUsed", "extensionsRequired"} & set(glb.json)
    assert len(made()) < 1_300_000
    more = len(animated_head(head(), [MOTION, some_motion(20, start=8)])) - len(made())
    assert abs(more - 20 * 228) < 20


def test_a_head_without_motion_stands_still() -> None:
    """No animation rather than an empty one, which the specification forbids."""
    assert "animations" not in Glb(animated_head(head(), [])).json


def test_it_is_a_frame_sink(tmp_path: Path) -> None:
    """In order, all of it: the weights, and the head by its quaternions."""
    path = tmp_path / "m.glb"
    expected = [quaternion(Turn(*map(float, row))) for row in some_motion(7).coefficients[:, 52:]]

    def read() -> F32:
        found = Glb(path.read_bytes())
        np.testing.assert_allclose(sampled(found, "rotation"), expected, atol=1e-6)
        values = some_motion(7).coefficients.copy()
        values[:, :52] = sampled(found, "weights").reshape(-1, 52)
        return values

    check_frame_sink(lambda: GltfFile(path, head()), read)


@pytest.mark.slow
def test_motion_meets_its_avatar_retargeted() -> None:
    """The file has a head of its own: its weights are what that head makes of the motion."""
    table = {"jawOpen": {"gain": 0.5}}
    own = replace(head(), retarget=read_retarget(table, "own.toml"))
    weights = sampled(Glb(animated_head(own, [MOTION])), "weights").reshape(-1, 52)
    plain = MOTION.coefficients[:, INDEX["jawOpen"]]
    assert np.allclose(weights[:, INDEX["jawOpen"]], 0.5 * plain)


def test_the_khronos_validator_finds_no_fault(tmp_path: Path) -> None:
    """No error and no warning; skipped without node or its package ``gltf-validator``."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    (tmp_path / "m.glb").write_bytes(made())
    done = subprocess.run(
        [node, "-e", VALIDATE, str(tmp_path / "m.glb")],
        capture_output=True, text=True, check=True, timeout=60,
        env={"NODE_PATH": str(node_modules("gltf-validator"))},
    )  # fmt: skip
    report = json.loads(done.stdout)
    faults = [m for m in report["issues"]["messages"] if m["severity"] < 2]
    assert faults == []
    assert report["info"]["animationCount"] == 1
    assert report["info"]["hasMorphTargets"]
    assert report["info"]["hasSkins"]
