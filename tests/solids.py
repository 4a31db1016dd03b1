"""What of the shipped head lies inside what: lips in teeth, lids in eyeballs, lip in lip."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.mesh.head_asset import HeadAsset, load_head_asset
from stream_engine.mesh.lids import eye_ball
from stream_engine.mesh.materials import Material
from stream_engine.mesh.normals import NormalField
from stream_engine.motion.arkit import ARKIT_COUNT
from stream_engine.types import F32

NEAR_M = 0.003
"""A lip vertex is held against a tooth only this far sideways of one of its vertices."""
REACH, IN_FRONT = 1.6, 1.02
"""Of an eye's radius: how far its lids reach, and what of them lies in front of it at rest."""
FACING = 0.3
"""Of a tooth only what faces outwards counts: the least z of its normal."""
CORNER = 0.8
"""Of half the mouth's width: beyond, it is a corner."""


@dataclass(frozen=True)
class Depths:
    """How deep things are in others, mm, each [T]; 0 is a touch, below 0 there is air.

    Attributes:
        teeth: Of the lips in the teeth.
        lids: Of what of the lids lies in front of an eyeball at rest, in it.
        lips: Of the upper lip in the lower, beyond what it is at rest.
    """

    teeth: F32
    lids: F32
    lips: F32


class Solids:
    """Measures depths on posed heads.

    Args:
        asset: The head; the shipped one if None.
    """

    def __init__(self, asset: HeadAsset | None = None) -> None:
        self.asset = asset or load_head_asset()
        rest = self.asset.positions
        self.lips = np.flatnonzero(self.asset.region("lips"))
        teeth = np.flatnonzero(self.asset.material == Material.TEETH)
        normals = NormalField(self.asset.triangles, self.asset.vertices).of(rest)
        self.teeth = teeth[normals[teeth, 2] > FACING]
        self._normals = NormalField(self.asset.triangles, self.asset.vertices)
        self._eyes = []
        for side in (1.0, -1.0):
            ball = np.flatnonzero((self.asset.material == Material.EYE) & (rest[:, 0] * side > 0))
            middle, radius = eye_ball(rest[ball])
            away = np.linalg.norm(rest - middle, axis=1)
            skin = (self.asset.material == Material.SKIN) & (rest[:, 2] > middle[2])
            lid = np.flatnonzero(skin & (away < REACH * radius) & (away > IN_FRONT * radius))
            self._eyes.append((middle, radius, lid))

    def of(self, positions: F32) -> Depths:
        """Depths in heads float32 [T, V, 3] that are not turned."""
        rows = [self._one(frame) for frame in positions]
        return Depths(*(np.array(part, np.float32) for part in zip(*rows, strict=True)))

    def lip_depths(self, positions: F32) -> F32:
        """Depth of each lip vertex in the teeth, mm, [L]; -9 where no tooth is near."""
        normals = self._normals.of(positions)[self.teeth]
        tooth, lip = positions[self.teeth], positions[self.lips]
        apart = lip[:, None] - tooth[None]  # [L, N, 3]
        along = (apart * normals[None]).sum(axis=2)
        sideways = np.sqrt(np.maximum((apart**2).sum(axis=2) - along**2, 0.0))
        nearest = sideways.argmin(axis=1)
        rows = np.arange(len(lip))
        depth = -1000.0 * along[rows, nearest]
        near = (sideways[rows, nearest] < NEAR_M) & (depth < 8.0)
        found: F32 = np.where(near, depth, -9.0).astype(np.float32)
        return found

    def lid_depths(self, positions: F32) -> list[tuple[NDArray[np.intp], F32]]:
        """Lid vertices of each eye and how deep they are in the ball, mm."""
        return [
            (lid, 1000.0 * (radius - np.linalg.norm(positions[lid] - middle, axis=1)))
            for middle, radius, lid in self._eyes
        ]

    def overlap(self, positions: F32) -> float:
        """How far the inner edges of the lips are past each other, mm, at most, beyond rest."""
        return float((self._over(positions) - self._over(self.asset.positions).clip(0.0)).max())

    def _over(self, positions: F32) -> F32:
        """The same at each vertex of the upper edge but the corners', where edges are upright."""
        loop = self.asset.inner_lip.astype(int)
        across = self.asset.positions[loop, 0]
        corner = int(across.argmin())
        upper, lower = loop[1:corner], np.append(loop[corner:], loop[0])
        upper = upper[np.abs(across[1:corner]) < CORNER * across.max()]
        lower = lower[np.argsort(positions[lower, 0])]
        height = np.interp(positions[upper, 0], positions[lower, 0], positions[lower, 1])
        over: F32 = (1000.0 * (height - positions[upper, 1])).astype(np.float32)
        return over

    def _one(self, positions: F32) -> tuple[float, float, float]:
        lids = max(float(depth.max()) for _, depth in self.lid_depths(positions))
        return float(self.lip_depths(positions).max()), lids, self.overlap(positions)


def still(motion: F32) -> F32:
    """The same faces on a head that does not turn, [T, D]."""
    unturned = motion.copy()
    unturned[:, ARKIT_COUNT:] = 0.0
    return unturned
