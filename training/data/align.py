"""Taking head motion out of tracked points: rotation, scale and shift against a template."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

STABLE_LANDMARKS = (
    10, 67, 103, 109, 297, 332, 338, 54, 284, 21, 251, 127, 356, 234, 454,
    6, 168, 197, 195, 5, 33, 133, 263, 362,
)  # fmt: skip
"""Forehead, temples, nose bridge and eye corners: they move with the skull."""


@dataclass(frozen=True, slots=True)
class Similarity:
    """Maps points x [..., 3] to ``scale * x @ rotation.T + shift``, one per frame.

    Attributes:
        rotation: [T, 3, 3].
        scale: [T].
        shift: [T, 3].
    """

    rotation: NDArray[np.float64]
    scale: NDArray[np.float64]
    shift: NDArray[np.float64]

    def apply(self, points: NDArray[Any]) -> NDArray[np.float64]:
        """Map points [T, P, 3]."""
        turned = np.einsum("tij,tpj->tpi", self.rotation, points)
        mapped: NDArray[np.float64] = self.scale[:, None, None] * turned + self.shift[:, None, :]
        return mapped


def find_similarity(source: NDArray[Any], target: NDArray[Any]) -> Similarity:
    """Least-squares similarity of each frame's points onto one target.

    Args:
        source: [T, P, 3].
        target: [P, 3].

    Returns:
        One similarity per frame.

    Source: Umeyama 1991.
    """
    source_mean, target_mean = source.mean(axis=1), target.mean(axis=0)
    centred, aim = source - source_mean[:, None], target - target_mean
    covariance = np.einsum("pi,tpj->tij", aim, centred) / source.shape[1]
    u, s, vt = np.linalg.svd(covariance)
    sign = np.ones_like(s)
    sign[:, 2] = np.sign(np.linalg.det(u) * np.linalg.det(vt))
    rotation = (u * sign[:, None, :]) @ vt
    variance = (centred**2).sum(axis=(1, 2)) / source.shape[1]
    scale = (s * sign).sum(axis=1) / variance
    shift = target_mean - scale[:, None] * np.einsum("tij,tj->ti", rotation, source_mean)
    return Similarity(rotation, scale, shift)


def to_head_axes(points: NDArray[Any]) -> NDArray[np.float64]:
    """Image axes (x right, y down, z away) to head axes (x to the subject's left, y up, z out)."""
    turned: NDArray[np.float64] = np.asarray(points, np.float64) * np.array([1.0, -1.0, -1.0])
    return turned


def find_template(
    frames: NDArray[np.float64], stable: NDArray[np.int64], rounds: int = 3
) -> NDArray[np.float64]:
    """Mean shape of a speaker with head motion taken out (generalised Procrustes).

    Args:
        frames: [T, P, 3], a sample of frames.
        stable: Indices of the points that move with the skull.
        rounds: Alignments to the growing mean.

    Returns:
        [P, 3], at the scale of the first frame.
    """
    template: NDArray[np.float64] = frames[0]
    for _ in range(rounds):
        aligned = find_similarity(frames[:, stable], template[stable]).apply(frames)
        template = aligned.mean(axis=0)
    return template


def rotation_angles(rotation: NDArray[np.float64]) -> NDArray[np.float32]:
    """Pitch, yaw, roll of R = Ry(yaw) Rx(pitch) Rz(roll), radians float32 [T, 3].

    Pitch > 0 nods down, yaw > 0 turns to the subject's left, roll > 0 tilts to it.
    """
    pitch = np.arcsin(np.clip(-rotation[:, 1, 2], -1.0, 1.0))
    yaw = np.arctan2(rotation[:, 0, 2], rotation[:, 2, 2])
    roll = np.arctan2(rotation[:, 1, 0], rotation[:, 1, 1])
    angles: NDArray[np.float32] = np.stack([pitch, yaw, -roll], axis=1).astype(np.float32)
    return angles
