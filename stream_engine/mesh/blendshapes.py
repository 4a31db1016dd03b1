"""Turns motion coefficients into vertices and smooth normals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import ShapeError
from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.mesh.normals import NormalField
from stream_engine.motion.arkit import ARKIT_NAMES

Floats = NDArray[np.float32]

_SHAPES = len(ARKIT_NAMES)
_COEFFICIENTS = _SHAPES + 3  # and pitch, yaw, roll


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

    Rotation is right-handed about x (pitch: positive looks down), y (yaw: positive turns to the
    subject's left) and z (roll: positive tilts to the subject's right shoulder), applied as
    yaw · pitch · roll about the head's pivot. The neck follows by `head_weight`.

    Latency: none. State: none. Thread: any. Buffers: results are the caller's.
    """

    def __init__(self, asset: HeadAsset) -> None:
        self.asset = asset
        self._neutral: Floats = asset.positions.reshape(-1)
        self._normals = NormalField(asset.triangles, asset.vertices)

    @property
    def basis(self) -> Floats:
        """Offsets of the 52 shapes, float32 [52, V * 3]; posing is linear in them."""
        return self.asset.basis

    def pose(self, coefficients: Floats) -> Posed:
        """Pose the head for each row of coefficients.

        Args:
            coefficients: float32 [T, 55]: 52 ARKit weights in 0..1, then pitch, yaw and roll in
                radians.

        Raises:
            ShapeError: If the coefficients are not [T, 55].
        """
        if coefficients.ndim != 2 or coefficients.shape[1] != _COEFFICIENTS:
            raise ShapeError(
                "coefficients have the wrong shape",
                got=str(coefficients.shape),
                expected=f"(T, {_COEFFICIENTS})",
                fix="give 52 ARKit weights and pitch, yaw, roll per frame",
            )
        weights = np.asarray(coefficients[:, :_SHAPES], dtype=np.float32)
        flat = weights @ self.asset.basis + self._neutral  # [T, V * 3]
        still = flat.reshape(len(flat), -1, 3)
        turns = rotation(np.asarray(coefficients[:, _SHAPES:], dtype=np.float32))
        positions = self._turn(still, turns)
        return Posed(positions, np.stack([self._normals.of(frame) for frame in positions]))

    def _turn(self, still: Floats, turns: Floats) -> Floats:
        """Rotate about the pivot, by each vertex's share."""
        local = still - self.asset.pivot
        turned = local @ turns.transpose(0, 2, 1)  # [T, V, 3]
        share = self.asset.head_weight[None, :, None]
        moved: Floats = still + share * (turned - local)
        return moved


def rotation(angles: Floats) -> Floats:
    """Rotation matrices yaw · pitch · roll from pitch, yaw, roll in radians: [T, 3] to [T, 3, 3]."""
    pitch, yaw, roll = angles.T
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
    combined: Floats = about_y @ about_x @ about_z
    return combined
