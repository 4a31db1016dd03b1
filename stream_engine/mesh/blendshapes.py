"""Turns motion coefficients into vertices and smooth normals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import ShapeError
from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.mesh.lids import Lids
from stream_engine.mesh.lip_contact import LipContact
from stream_engine.mesh.normals import NormalField
from stream_engine.motion.arkit import ARKIT_COUNT, COEFFICIENT_COUNT
from stream_engine.types import MeshFrame

Floats = NDArray[np.float32]

_BLAS_ROWS = 8


@dataclass(frozen=True, slots=True)
class Posed:
    """A run of posed heads.

    Attributes:
        positions: float32 [T, V, 3], metres.
        normals: Unit vectors, float32 [T, V, 3].
    """

    positions: Floats
    normals: Floats


class HeadMesh:
    """Poses a head.

    Pitch > 0 nods down, yaw > 0 turns to the subject's left, roll > 0 tilts to it; applied as
    yaw · pitch · roll about the head's pivot. The neck follows by `head_weight`. Lids are kept out
    of the eyes, and lips out of each other: see `mesh/lids` and `mesh/lip_contact`.

    Latency: none. State: none. Thread: any. Buffers: results are the caller's.
    """

    def __init__(self, asset: HeadAsset) -> None:
        self.asset = asset
        self._neutral: Floats = asset.positions.reshape(-1)
        self._lids = Lids(asset)
        self._lips = LipContact(asset)
        self._normals = NormalField(asset.triangles, asset.vertices)

    @property
    def basis(self) -> Floats:
        """Offsets of the 52 shapes, float32 [52, V * 3]; posing is linear but for lids, lips."""
        return self.asset.basis

    def measures(self) -> dict[str, object]:
        """All that the correctives need, as plain JSON values, for a renderer elsewhere."""
        return {"lids": self._lids.measures(), "lips": self._lips.measures()}

    def pose(self, pts: int, coefficients: Floats) -> MeshFrame:
        """Pose one frame from float32 [55]."""
        posed = self.pose_many(coefficients[None])
        return MeshFrame(pts, posed.positions[0], posed.normals[0])

    def pose_many(self, coefficients: Floats) -> Posed:
        """Pose the head for each row of coefficients.

        Args:
            coefficients: float32 [T, 55]: 52 ARKit weights in 0..1, then pitch, yaw and roll in
                radians, as the generator makes them; retargeted here if the avatar asks it.

        Returns:
            Vertices and normals of each row.

        Raises:
            ShapeError: If the coefficients are not [T, 55].
        """
        if coefficients.ndim != 2 or coefficients.shape[1] != COEFFICIENT_COUNT:
            raise ShapeError(
                "coefficients have the wrong shape",
                got=str(coefficients.shape),
                expected=f"(T, {COEFFICIENT_COUNT})",
                fix="give 52 ARKit weights and pitch, yaw, roll per frame",
            )
        if self.asset.retarget is not None:
            coefficients = self.asset.retarget.apply(coefficients)
        weights = np.asarray(coefficients[:, :ARKIT_COUNT], dtype=np.float32)
        flat = self._mix(self._lids.closed(weights)) + self._neutral  # [T, V * 3]
        still = flat.reshape(len(flat), -1, 3)
        self._lids.correct(still)
        self._lips.correct(still)
        turns = rotation(np.asarray(coefficients[:, ARKIT_COUNT:], dtype=np.float32))
        positions = self._turn(still, turns)
        return Posed(positions, np.stack([self._normals.of(frame) for frame in positions]))

    def _mix(self, weights: Floats) -> Floats:
        """Weighted sum of the shapes: [T, 52] to [T, V * 3].

        A single row stays off BLAS, whose threads would spin for longer than the sum takes.
        """
        mixed: Floats = (
            np.einsum("tk,kv->tv", weights, self.asset.basis)
            if len(weights) < _BLAS_ROWS
            else weights @ self.asset.basis
        )
        return mixed

    def _turn(self, still: Floats, turns: Floats) -> Floats:
        """Rotate about the pivot, by each vertex's share."""
        local = still - self.asset.pivot
        turned = local @ turns.transpose(0, 2, 1)  # [T, V, 3]
        share = self.asset.head_weight[None, :, None]
        moved: Floats = still + share * (turned - local)
        return moved


def rotation(angles: Floats) -> Floats:
    """Rotation matrices yaw · pitch · roll from pitch, yaw, roll in radians: [T, 3] to [T, 3, 3].

    Pitch and yaw are right-handed about +x and +y; roll is right-handed about -z.
    """
    pitch, yaw, roll = (angles * np.array([1, 1, -1], dtype=np.float32)).T
    one, zero = np.ones_like(pitch), np.zeros_like(pitch)

    def matrix(*rows: Floats) -> Floats:
        stacked: Floats = np.stack(rows, axis=1).reshape(-1, 3, 3)
        return stacked

    cosine, sine = np.cos(yaw), np.sin(yaw)
    about_y = matrix(cosine, zero, sine, zero, one, zero, -sine, zero, cosine)
    cosine, sine = np.cos(pitch), np.sin(pitch)
    about_x = matrix(one, zero, zero, zero, cosine, -sine, zero, sine, cosine)
    cosine, sine = np.cos(roll), np.sin(roll)
    about_z = matrix(cosine, -sine, zero, sine, cosine, zero, zero, zero, one)
    combined = about_y @ about_x @ about_z
    return combined.astype(np.float32, copy=False)
