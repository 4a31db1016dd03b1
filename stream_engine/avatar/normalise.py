"""Turns, scales and moves a head to where avatars stand: metres, y up, +z to the front.

Where shapes move a face says how it lies: the middle of a blink is an eye, that of jawOpen a chin.
Those places are laid over the shipped head's (a similarity, Umeyama 1991), so neither axes nor
units need be known. Axes that are nearly right are taken as right, and so are known units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import permutations, product

import numpy as np

from stream_engine.avatar.found_head import F64, FoundHead, FoundMesh
from stream_engine.avatar.naming import BOTH, VISEME
from stream_engine.avatar.visemes import pose_of
from stream_engine.errors import AssetError
from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.motion.arkit import ARKIT_COUNT, INDEX

_UNITS = {"metres": 1.0, "centimetres": 0.01, "millimetres": 0.001, "decimetres": 0.1,
          "inches": 0.0254}  # fmt: skip
_SAME_UNIT = 0.22
"""Heads differ by so much, as a share: within it the file's unit is believed."""

_SNAP_RADIANS = 0.45
_FLAT = 0.02
_STILL = 1e-12
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class Placement:
    """How a file's space comes to be an avatar's.

    Attributes:
        turn: Rotation, [3, 3].
        scale: Metres a unit.
        shift: Metres, [3].
        unit: The file's unit in words.
        swapped: Left and right are exchanged in the file's names.
    """

    turn: F64
    scale: float
    shift: F64
    unit: str
    swapped: bool

    def points(self, values: F64) -> F64:
        """Place points, [V, 3]."""
        return self.offsets(values) + self.shift

    def offsets(self, values: F64) -> F64:
        """Place offsets, [V, 3]."""
        placed: F64 = self.scale * values @ self.turn.T
        return placed


def place_head(head: FoundHead, targets: Mapping[str, str], reference: HeadAsset) -> Placement:
    """Find out how a head lies and how large it is.

    Args:
        head: As the file has it.
        targets: What its shapes mean.
        reference: A head that stands right.

    Returns:
        How to place it.

    Raises:
        AssetError: If too little of the face moves to tell.
    """
    found, wanted = _middles(head, targets, reference)
    spread = np.linalg.svd(found - found.mean(axis=0), compute_uv=False) if len(found) else [0.0]
    if len(found) < _FEWEST or spread[1] < _FLAT * max(spread[0], _STILL):
        raise AssetError(
            f"too little of the face of {head.source} moves to tell how it lies",
            got=f"shapes that were understood: {', '.join(targets.values()) or 'none'}",
            expected="shapes of eyes or brows and of the mouth",
            fix="see the table of names, and say with --map NAME=SHAPE what shapes are",
        )
    placed = _fit(found, wanted)
    if _faces_back(head, placed, found):
        sides = np.array([-1.0, 1.0, 1.0])
        placed = replace(_fit(found, wanted * sides), swapped=True)
    return placed


def move_head(head: FoundHead, placed: Placement) -> FoundHead:
    """Give the head as it stands when placed."""
    meshes = tuple(
        replace(
            mesh,
            positions=placed.points(mesh.positions),
            morphs={name: placed.offsets(offsets) for name, offsets in mesh.morphs.items()},
        )
        for mesh in head.meshes
    )
    jaw = None if head.jaw is None else placed.points(head.jaw[None])[0]
    return replace(head, meshes=meshes, jaw=jaw)


def swap_sides(targets: Mapping[str, str]) -> dict[str, str]:
    """Exchange left and right in what names mean."""
    other = {"Left": "Right", "Right": "Left"}

    def swapped(target: str) -> str:
        for side, opposite in other.items():
            if target.endswith(side):
                return target.removesuffix(side) + opposite
        return target

    return {name: swapped(target) for name, target in targets.items()}


def _middles(head: FoundHead, targets: Mapping[str, str], reference: HeadAsset) -> tuple[F64, F64]:
    """Where each shape moves the face, here and on the reference, [N, 3] each."""
    still = reference.positions.astype(np.float64)
    basis = reference.basis.reshape(ARKIT_COUNT, -1, 3).astype(np.float64)
    rows = []
    for name, target in targets.items():
        like = _reference_offsets(target, basis)
        here = _middle([(mesh.positions, mesh.morphs.get(name)) for mesh in head.meshes])
        there = None if like is None else _middle([(still, like)])
        if here is not None and there is not None:
            rows.append((here, there))
    both = np.array(rows).reshape(-1, 2, 3)
    return both[:, 0], both[:, 1]


def _reference_offsets(target: str, basis: F64) -> F64 | None:
    if target in INDEX:
        return np.asarray(basis[INDEX[target]])
    if target in BOTH:
        return np.asarray(basis[INDEX[target + "Left"]] + basis[INDEX[target + "Right"]])
    if target.startswith(VISEME):
        return np.asarray(np.tensordot(pose_of(target.removeprefix(VISEME)), basis, 1))
    return None


def _middle(parts: list[tuple[F64, F64 | None]]) -> F64 | None:
    total, summed = 0.0, np.zeros(3)
    for positions, offsets in parts:
        if offsets is not None:
            weight = (offsets**2).sum(axis=1)
            total += float(weight.sum())
            summed += weight @ positions
    return None if total < _STILL else summed / total


def _fit(found: F64, wanted: F64) -> Placement:
    here, there = found.mean(axis=0), wanted.mean(axis=0)
    source, goal = found - here, wanted - there
    turn = _snapped(_rotation(source, goal))
    scale = float((goal * (source @ turn.T)).sum() / max((source**2).sum(), _STILL))
    unit = "units of its own"
    for name, metres in _UNITS.items():
        if abs(np.log(scale / metres)) < _SAME_UNIT:
            scale, unit = metres, name
    return Placement(turn, scale, there - scale * turn @ here, unit, False)


def _rotation(source: F64, goal: F64) -> F64:
    u, _, vt = np.linalg.svd(goal.T @ source)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    turn: F64 = (u * signs) @ vt
    return turn


def _snapped(turn: F64) -> F64:
    """The nearest turn by right angles, where it is near."""
    best, near = turn, np.cos(_SNAP_RADIANS)
    for order in permutations(range(3)):
        for signs in product((1.0, -1.0), repeat=3):
            right = np.eye(3)[list(order)] * np.array(signs)[:, None]
            cosine = (np.trace(turn.T @ right) - 1.0) / 2.0
            if np.linalg.det(right) > 0 and cosine > near:
                best, near = right, cosine
    return best


def _faces_back(head: FoundHead, placed: Placement, found: F64) -> bool:
    """Does the face look away from where heads look? Then its sides are exchanged."""
    points = np.concatenate([_around(mesh, placed) for mesh in head.meshes])
    if not len(points):
        return False
    middle = (points.min(axis=0) + points.max(axis=0)) / 2.0
    return bool(placed.points(found)[:, 2].mean() < middle[2])


def _around(mesh: FoundMesh, placed: Placement) -> F64:
    points = placed.points(mesh.positions)
    near: F64 = points[(np.abs(points) < 0.15).all(axis=1)]
    return near
