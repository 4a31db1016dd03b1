"""Reads a FLAME model file that a user has licensed: its mean face, in ARKit's shapes.

FLAME moves by an expression basis, a jaw joint and correctives. Each ARKit shape of the shipped
head is laid over the model's face, and the weights of the basis that come closest to it are what
the avatar has: so every shape stays within what FLAME's faces do (ridge regression).

Source: Li et al. 2017, 'Learning a model of facial shape and expression from 4D scans' (layout).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stream_engine.avatar.eyeballs import sphere_centre
from stream_engine.avatar.flame_file import FlameFile, read_flame_file
from stream_engine.avatar.found_head import F64, FoundHead, FoundMesh, FoundSurface
from stream_engine.avatar.lend import Lender
from stream_engine.avatar.lips import find_lips
from stream_engine.errors import AssetError
from stream_engine.mesh.head_asset import HeadAsset, load_head_asset
from stream_engine.mesh.materials import Material
from stream_engine.motion.arkit import ARKIT_NAMES

JAW, LEFT_EYE, RIGHT_EYE = 2, 3, 4
_IDENTITIES = 300
"""Columns of the basis that make people differ; expressions come after them."""

_JAW_RADIANS, _YAW_RADIANS = 0.30, 0.12
_RIDGE = 2e-3
_STAYS = 3.0
"""How much more it counts that a mouth stays still in a blink, and a brow in a smile."""

_LIP_TO_NOSE_M = 0.025
_SKIN = FoundSurface("skin", (0.52, 0.33, 0.25, 1.0))
_EYES = FoundSurface("eyeballs", (0.8, 0.8, 0.8, 1.0))


@dataclass(frozen=True, slots=True)
class FlameBasis:
    """What a FLAME face can do.

    Attributes:
        positions: The mean face where avatars stand, [V, 3].
        jaw_open: Offsets of its jaw opened wide, with correctives, [V, 3].
        directions: Expressions, and the jaw about its three axes, [K, V, 3].
    """

    positions: F64
    jaw_open: F64
    directions: F64


def read_flame(path: Path) -> FoundHead:
    """Read a FLAME model.

    Args:
        path: ``generic_model.pkl`` or an ``.npz`` of the same arrays.

    Returns:
        Face and eyeballs with ARKit's shapes.

    Raises:
        AssetError: If the file is none, holds code, or lacks an array.
    """
    model = read_flame_file(path)
    reference = load_head_asset()
    basis = basis_of(model, reference)
    eyes = np.argmax(model.weights, axis=1) >= LEFT_EYE
    shapes, fits = regress(basis, np.where(eyes, Material.EYE, Material.SKIN), reference)
    on_eyes = eyes[model.triangles].all(axis=1)

    def piece(name: str, surface: int, mask: np.ndarray) -> FoundMesh:
        used, local = np.unique(model.triangles[mask], return_inverse=True)
        moved = {k: v[used] for k, v in shapes.items() if np.abs(v[used]).max() > 1e-6}
        corners = local.reshape(-1, 3)
        uv = np.zeros((len(used), 2))
        return FoundMesh(name, surface, basis.positions[used], corners, uv, moved)

    note = (
        "ARKit's shapes are regressed onto FLAME's expressions and jaw; they follow the shipped "
        f"head's for {fits:.0%} of the movement (in squares)"
    )
    pieces = (piece("face", 0, ~on_eyes), piece("eyeballs", 1, on_eyes))
    licence = "that of the FLAME model it was made of; not to be passed on without it"
    return FoundHead(path.name, pieces, (_SKIN, _EYES), licence=licence, notes=(note,))


def basis_of(model: FlameFile, reference: HeadAsset) -> FlameBasis:
    """Stand the model where avatars stand, and say what it can do.

    Args:
        model: The file.
        reference: A head that stands right.

    Returns:
        The basis.

    Raises:
        AssetError: If it has no expressions.
    """
    if model.shape_directions.shape[2] <= _IDENTITIES:
        raise AssetError(
            "FLAME model has no expressions",
            got=f"shapedirs with {model.shape_directions.shape[2]} columns",
            expected=f"{_IDENTITIES} of identity, and expressions after them",
            fix="take generic_model.pkl of FLAME 2020 or later",
        )
    joints = model.joint_regressor @ model.template
    eyes = reference.positions[reference.material == Material.EYE].astype(np.float64)
    centres = [sphere_centre(eyes[eyes[:, 0] * side > 0]) for side in (1.0, -1.0)]
    shift = np.mean(centres, axis=0) - joints[[LEFT_EYE, RIGHT_EYE]].mean(axis=0)
    expressions = np.moveaxis(model.shape_directions[:, :, _IDENTITIES:], 2, 0)
    size = 1e-3 / np.maximum(np.abs(expressions).max(axis=(1, 2)), 1e-12)
    turns = [_jaw(model, joints, np.eye(3)[k] * _YAW_RADIANS) for k in range(3)]
    opened = _jaw(model, joints, np.array([_JAW_RADIANS, 0.0, 0.0]))
    directions = np.concatenate([expressions * size[:, None, None], np.stack(turns)])
    return FlameBasis(model.template + shift, opened, directions)


def regress(
    basis: FlameBasis, kind: np.ndarray, reference: HeadAsset
) -> tuple[dict[str, F64], float]:
    """Find the weights that come closest to each ARKit shape.

    Args:
        basis: What the face can do.
        kind: `Material` codes of vertices, [V].
        reference: Whose shapes are followed.

    Returns:
        Offsets by shape, [V, 3], and the share of the movement that they follow, 0..1.
    """
    skin = np.flatnonzero(kind == Material.SKIN)
    lips = find_lips(basis.positions, basis.jaw_open, skin, reference)
    lender = Lender(reference, basis.positions, basis.jaw_open, kind, (lips.upper, lips.lower))
    names = [name for name in ARKIT_NAMES if not name.startswith(("eyeLook", "tongue"))]
    wanted = np.stack([lender.shape(name)[skin] for name in names])
    lower = basis.positions[skin, 1] < basis.positions[lips.upper, 1].mean() + _LIP_TO_NOSE_M
    mouth = np.array([name.startswith(("mouth", "jaw", "cheekPuff")) for name in names])
    weights = np.zeros((len(names), len(basis.directions)))
    for these, elsewhere in ((mouth, ~lower), (~mouth, lower)):
        stays = np.where(elsewhere, _STAYS, 1.0)[:, None]
        weights[these] = _closest(basis.directions[:, skin] * stays, wanted[these] * stays)
    made = np.tensordot(weights, basis.directions, 1)
    left = wanted - made[:, skin]
    fits = 1.0 - float((left**2).sum() / max((wanted**2).sum(), 1e-12))
    made[:, kind == Material.EYE] = 0.0
    shapes = dict(zip(names, made, strict=True))
    return shapes | {"jawOpen": basis.jaw_open}, fits


def _closest(directions: F64, wanted: F64) -> F64:
    """Weights of directions [K, S, 3] that come closest to offsets [N, S, 3]: [N, K]."""
    rows = directions.reshape(len(directions), -1)
    square = rows @ rows.T
    ridge = _RIDGE * np.trace(square) / len(square) * np.eye(len(square))
    solved: F64 = np.linalg.solve(square + ridge, rows @ wanted.reshape(len(wanted), -1).T).T
    return solved


def _jaw(model: FlameFile, joints: F64, turn: F64) -> F64:
    """Offsets of a turned jaw: skinning, and the correctives of its joint, [V, 3]."""
    matrix = _rotation(turn) - np.eye(3)
    feature = np.zeros(model.pose_directions.shape[2])
    feature[9 * (JAW - 1) : 9 * JAW] = matrix.reshape(-1)
    corrective = model.pose_directions @ feature
    local = model.template + corrective - joints[JAW]
    moved: F64 = corrective + model.weights[:, JAW, None] * (local @ matrix.T)
    return moved


def _rotation(turn: F64) -> F64:
    """Rodrigues' formula."""
    angle = float(np.linalg.norm(turn))
    x, y, z = turn / max(angle, 1e-12)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    matrix: F64 = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return matrix
