"""Posing the head."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.errors import ShapeError
from stream_engine.mesh.blendshapes import HeadMesh, rotation
from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.mesh.lids import Lids
from stream_engine.mesh.lip_contact import LipContact
from stream_engine.mesh.materials import Material
from stream_engine.motion.arkit import ARKIT_NAMES, COEFFICIENT_COUNT, INDEX

HEAD = load_head_asset()
MESH = HeadMesh(HEAD)
SEEDS = st.integers(0, 2**31 - 1)
LAWS = settings(max_examples=10, deadline=None)


def weights(seed, turned=False):
    """Coefficients drawn at random."""
    row = np.random.default_rng(seed).uniform(0, 1, COEFFICIENT_COUNT).astype(np.float32)
    row[52:] = row[52:] - 0.5 if turned else 0.0
    return row


def shape(**values):
    """Displacement of every vertex for named coefficients."""
    row = np.zeros(COEFFICIENT_COUNT, dtype=np.float32)
    for name, value in values.items():
        row[INDEX[name]] = value
    return MESH.pose(0, row).positions - HEAD.positions


def test_zero_is_neutral():
    """No coefficients leave the head as stored."""
    np.testing.assert_allclose(shape(), 0.0, atol=1e-7)


@LAWS
@given(SEEDS, SEEDS)
def test_posing_is_linear_in_the_shapes(first, second):
    """The pose of a mean is the mean of the poses, without rotation; but for lids and lips."""
    a, b = weights(first), weights(second)
    for name in ("eyeBlinkLeft", "eyeBlinkRight"):
        a[INDEX[name]] = b[INDEX[name]] = 0.0
    rest = np.ones(HEAD.vertices, bool)
    for part in (*Lids(HEAD).measures(), LipContact(HEAD).measures()):
        rest[part["vertices"]] = False
    mixed = MESH.pose(0, (a + b) / 2).positions
    mean = (MESH.pose(0, a).positions + MESH.pose(0, b).positions) / 2
    np.testing.assert_allclose(mixed[rest], mean[rest], atol=2e-6)


@LAWS
@given(SEEDS)
def test_one_frame_equals_the_same_frame_in_a_run(seed):
    """A single pose and a batch give the same vertices."""
    run = np.stack([weights(seed + k, turned=True) for k in range(9)])
    posed = MESH.pose_many(run)
    single = MESH.pose(3, run[4])
    assert single.pts == 3
    np.testing.assert_allclose(single.positions, posed.positions[4], atol=2e-6)
    np.testing.assert_allclose(single.normals, posed.normals[4], atol=2e-2)


@LAWS
@given(SEEDS)
def test_the_head_turns_as_one_piece(seed):
    """Distances between vertices of full weight stay, and the shoulders stay put."""
    row = weights(seed, turned=True)
    still = row.copy()
    still[52:] = 0.0
    turned, before = MESH.pose(0, row).positions, MESH.pose(0, still).positions
    rigid = np.flatnonzero(HEAD.head_weight == 1.0)[::37]
    gaps = np.linalg.norm(turned[rigid] - turned[rigid[0]], axis=1)
    np.testing.assert_allclose(
        gaps, np.linalg.norm(before[rigid] - before[rigid[0]], axis=1), atol=2e-6
    )
    fixed = HEAD.head_weight == 0.0
    np.testing.assert_array_equal(turned[fixed], before[fixed])


@LAWS
@given(SEEDS)
def test_normals_are_unit_vectors(seed):
    """Every vertex has a normal of length one in any pose."""
    normals = MESH.pose(0, weights(seed, turned=True)).normals
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "axis", "sign"), [("headPitch", 1, -1), ("headYaw", 0, 1), ("headRoll", 0, 1)]
)
def test_rotation_signs(name, axis, sign):
    """Pitch nods down, yaw turns to the subject's left, roll tilts to the subject's left."""
    moved = shape(**{name: 0.2})
    watched = HEAD.region("forehead") if name == "headRoll" else HEAD.region("nose")
    assert np.sign(moved[watched][:, axis].mean()) == sign


def test_rotation_matrices_are_rotations():
    """Orthogonal with determinant one."""
    angles = np.random.default_rng(1).normal(size=(6, 3)).astype(np.float32)
    turns = rotation(angles)
    np.testing.assert_allclose(
        turns @ turns.transpose(0, 2, 1), np.tile(np.eye(3), (6, 1, 1)), atol=1e-6
    )
    np.testing.assert_allclose(np.linalg.det(turns), 1.0, atol=1e-5)


def test_the_jaw_takes_lower_teeth_and_tongue_along():
    """The shape jawOpen lowers lower lip, lower teeth and tongue, not the upper teeth."""
    moved = shape(jawOpen=1.0)
    teeth = np.flatnonzero(HEAD.material == Material.TEETH)
    upper, lower = teeth[: len(teeth) // 2], teeth[len(teeth) // 2 :]
    assert np.abs(moved[upper]).max() < 1e-6
    assert moved[lower][:, 1].max() < -0.005
    assert moved[HEAD.material == Material.TONGUE][:, 1].mean() < -0.005
    assert moved[HEAD.region("lower_lip")][:, 1].mean() < -0.01
    for still in ("forehead", "brows", "eyelid_left", "eyelid_right"):
        assert np.abs(moved[HEAD.region(still)]).max() < 0.001


def test_the_lower_teeth_keep_their_form():
    """They follow the jaw as one piece."""
    teeth = np.flatnonzero(HEAD.material == Material.TEETH)
    lower = teeth[len(teeth) // 2 :]
    before = HEAD.positions[lower]
    after = before + shape(jawOpen=1.0)[lower]
    gaps = [np.linalg.norm(points - points[0], axis=1) for points in (before, after)]
    np.testing.assert_allclose(gaps[0], gaps[1], atol=0.0015)


@pytest.mark.parametrize(("side", "other"), [("Left", "right"), ("Right", "left")])
def test_a_blink_closes_one_eye(side, other):
    """The shape eyeBlink moves the lids and lashes of its side down, and nothing else."""
    moved = shape(**{"eyeBlink" + side: 1.0})
    own = HEAD.region("eyelid_" + side.lower())
    assert moved[own][:, 1].min() < -0.008
    assert np.abs(moved[HEAD.region("eyelid_" + other)]).max() < 1e-4
    assert np.abs(moved[HEAD.region("lips")]).max() < 1e-3
    assert np.abs(moved[HEAD.region("eyes")]).max() < 1e-6


@pytest.mark.parametrize(
    ("name", "side", "axis", "sign"),
    [
        ("eyeLookOutLeft", 1, 0, 1),
        ("eyeLookInLeft", 1, 0, -1),
        ("eyeLookOutRight", -1, 0, -1),
        ("eyeLookInRight", -1, 0, 1),
        ("eyeLookUpLeft", 1, 1, 1),
        ("eyeLookDownRight", -1, 1, -1),
    ],
)
def test_gaze_turns_the_pupil(name, side, axis, sign):
    """Each gaze shape moves its own pupil the way its name says."""
    moved = shape(**{name: 1.0})
    eye = HEAD.region("eyes") & (HEAD.positions[:, 0] * side > 0)
    pupil = eye & (np.linalg.norm(HEAD.uv - 0.5, axis=1) < 0.06)
    assert moved[pupil][:, axis].mean() * sign > 0.0015
    assert np.abs(moved[HEAD.region("eyes") & ~eye]).max() < 1e-6


def test_every_shape_moves_something():
    """No coefficient is dead."""
    reach = np.abs(HEAD.basis).max(axis=1)
    assert {ARKIT_NAMES[k] for k in np.flatnonzero(reach < 0.001)} == set()


def test_the_lips_close_over_an_open_jaw():
    """The shape mouthClose brings the lips of an open jaw back together."""
    inner = HEAD.inner_lip.astype(int)
    middle = inner[np.argsort(np.abs(HEAD.positions[inner, 0]))[:2]]
    upper, lower = middle[np.argsort(-shape(jawOpen=0.6)[middle, 1])]

    def gap(moved):
        return float((HEAD.positions + moved)[upper, 1] - (HEAD.positions + moved)[lower, 1])

    opened = gap(shape(jawOpen=0.6))
    assert opened > 0.012
    assert gap(shape(jawOpen=0.6, mouthClose=0.6)) < 0.25 * opened


def test_other_sizes_are_refused():
    """Anything but 55 coefficients a row raises."""
    with pytest.raises(ShapeError, match="55"):
        MESH.pose_many(np.zeros((2, 52), dtype=np.float32))
