"""Where the portrait is taken from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera on the head's axis that looks straight at it.

    Attributes:
        height_m: Height of the picture's middle above the head centre.
        half_height_m: Half of what is seen at the head centre's depth, for a square picture.
        distance_m: From the head centre.
    """

    height_m: float = 0.005
    half_height_m: float = 0.164
    distance_m: float = 1.05
    near_m: float = 0.3
    far_m: float = 2.0

    @property
    def eye(self) -> Floats:
        """Position of the camera."""
        return np.array([0.0, self.height_m, self.distance_m], dtype=np.float32)

    def matrix(self, width: int, height: int) -> Floats:
        """World to clip space, row-major [4, 4], for column vectors."""
        focal = self.distance_m / self.half_height_m
        span = self.far_m - self.near_m
        projection = np.zeros((4, 4))
        projection[0, 0] = focal * min(height / width, 1.0) if width > height else focal
        projection[1, 1] = focal if width >= height else focal * width / height
        projection[2, 2] = -(self.far_m + self.near_m) / span
        projection[2, 3] = -2.0 * self.far_m * self.near_m / span
        projection[3, 2] = -1.0
        view = np.eye(4)
        view[:3, 3] = -self.eye
        return (projection @ view).astype(np.float32)
