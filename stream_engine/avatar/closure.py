"""Do lips meet for p, b and m? The gap between them in millimetres, on any avatar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from stream_engine.avatar.visemes import shapes_of
from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.motion.arkit import pose_row
from stream_engine.types import F32

CLOSED_MM = 1.0
"""Lips further apart than this, beyond the gap they have at rest, are seen to be open."""

CLOSED: Mapping[str, Mapping[str, float]] = {
    "p b m": shapes_of("PP"),
    "jaw 0.2, closed": {"jawOpen": 0.2, "mouthClose": 0.2},
    "jaw 0.4, closed": {"jawOpen": 0.4, "mouthClose": 0.4},
    "pressed": {"mouthPressLeft": 0.6, "mouthPressRight": 0.6},
    "rolled in": {"mouthRollLower": 0.4, "mouthRollUpper": 0.4},
}
"""Poses whose lips ought to meet."""

OPEN = {"jawOpen": 0.4}
_MIDDLE_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Gap:
    """How far the lips are apart in a pose.

    Attributes:
        pose: Its name.
        widest_mm: Widest gap over the middle of the mouth, beyond that at rest; below 0 pressed.
    """

    pose: str
    widest_mm: float

    @property
    def closed(self) -> bool:
        """Do the lips meet, to the eye?"""
        return self.widest_mm <= CLOSED_MM


class LipGap:
    """Measures the gap between inner lips.

    Args:
        head: Whose.
    """

    def __init__(self, head: HeadAsset) -> None:
        self._mesh = HeadMesh(head)
        loop = head.inner_lip.astype(np.int64)
        across = head.positions[loop, 0]
        corner = int(across.argmin())
        self._upper = loop[: corner + 1][np.argsort(across[: corner + 1])]
        self._lower = loop[corner:][np.argsort(across[corner:])]
        half = _MIDDLE_SHARE * float(np.ptp(across)) / 2.0
        middle = float(across.max() + across.min()) / 2.0
        self._columns = np.linspace(middle - half, middle + half, 9)
        self._rest = np.zeros(len(self._columns))
        self._rest = self.of(pose_row({})[None])[0]

    def of(self, coefficients: F32) -> F32:
        """Measure poses.

        Args:
            coefficients: float32 [T, 55].

        Returns:
            Gap beyond that at rest in columns over the middle of the mouth, millimetres, [T, 9].
        """
        positions = self._mesh.pose_many(coefficients).positions
        gaps = [self._height(frame, self._upper) - self._height(frame, self._lower)
                for frame in positions]  # fmt: skip
        return (1000.0 * np.array(gaps) - self._rest).astype(np.float32)

    def _height(self, frame: F32, edge: np.ndarray) -> np.ndarray:
        order = np.argsort(frame[edge, 0])
        height: np.ndarray = np.interp(self._columns, frame[edge[order], 0], frame[edge[order], 1])
        return height


def lip_closure(head: HeadAsset) -> list[Gap]:
    """Measure every pose that ought to be closed, and one that is open, last."""
    poses = {**CLOSED, "jaw 0.4, open": OPEN}
    rows = np.stack([pose_row(pose) for pose in poses.values()])
    widest = LipGap(head).of(rows).max(axis=1)
    return [Gap(name, float(gap)) for name, gap in zip(poses, widest, strict=True)]


def closure_text(gaps: list[Gap]) -> str:
    """Give gaps as lines."""
    return "\n".join(
        f"{gap.pose:18} {gap.widest_mm:z6.2f} mm  {'closed' if gap.closed else 'open'}"
        for gap in gaps
    )
