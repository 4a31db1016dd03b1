"""The MakeHuman mesh with the wanted identity, its shapes and its landmarks, all head-centred."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from stream_engine.motion.arkit import ARKIT_NAMES, INDEX
from training.head import recipe
from training.head.makehuman import AnnyFiles, BaseMesh, Floats


@dataclass(frozen=True, slots=True)
class Source:
    """Everything the parts are cut from.

    Attributes:
        mesh: Topology and groups of MakeHuman's mesh.
        positions: All its vertices with the identity applied, metres from the head centre.
        shapes: ARKit shapes on all its vertices, [52, V, 3].
        lips: Painted lip mask, 0..1, [V].
        ears: Painted ear mask, likewise.
        eyelid_rims: Painted mask of the eyelids' rims, likewise.
        neck: Base of the neck, [3].
        neck_axis: Unit vector along the neck, upwards, [3].
    """

    mesh: BaseMesh
    positions: Floats
    shapes: Floats
    lips: Floats
    ears: Floats
    eyelid_rims: Floats
    neck: Floats
    neck_axis: Floats

    def group(self, name: str) -> Floats:
        """Positions of one vertex group."""
        return self.positions[self.mesh.vertex_groups[name]]


def load_source(files: AnnyFiles, identity: Mapping[str, float] = recipe.IDENTITY) -> Source:
    """Blend the identity targets and move the origin to the head centre."""
    mesh = files.base_mesh()
    count = len(mesh.positions)
    positions = mesh.positions.copy()
    for name, weight in identity.items():
        positions += weight * files.identity_target(name, count)
    centre = positions[mesh.vertex_groups["joint-head"]].mean(axis=0)
    centre[0] = 0.0
    positions -= centre
    neck = positions[mesh.vertex_groups["joint-neck"]].mean(axis=0)
    axis = positions[mesh.vertex_groups["joint-head"]].mean(axis=0) - neck
    shapes = np.stack([files.face_unit(name, count) for name in ARKIT_NAMES])
    _keep_to_one_side(positions, shapes)
    positions, shapes = _open_eyes(positions, shapes)
    return Source(
        mesh=mesh,
        positions=positions,
        shapes=shapes,
        lips=files.mask("lips", mesh),
        ears=files.mask("ears", mesh),
        eyelid_rims=files.mask("eyelids", mesh),
        neck=neck,
        neck_axis=axis / np.linalg.norm(axis),
    )


def _keep_to_one_side(positions: Floats, shapes: Floats) -> None:
    """Stop the shapes of one eye from moving hidden vertices behind the other."""
    for name, offsets in zip(ARKIT_NAMES, shapes, strict=True):
        if name.startswith("eye"):
            side = 1.0 if name.endswith("Left") else -1.0
            offsets[positions[:, 0] * side < 0.0] = 0.0


def _open_eyes(positions: Floats, shapes: Floats) -> tuple[Floats, Floats]:
    """Rest with the eyes a little wider, and let blinks still close and wide eyes end as before."""
    positions, shapes = positions.copy(), shapes.copy()
    for side in ("Left", "Right"):
        wide = recipe.REST_EYE_WIDE * shapes[INDEX["eyeWide" + side]]
        positions += wide
        shapes[INDEX["eyeBlink" + side]] *= recipe.BLINK_REACH
        shapes[INDEX["eyeBlink" + side]] -= wide
        shapes[INDEX["eyeWide" + side]] -= wide
    return positions, shapes
