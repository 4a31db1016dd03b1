"""What a mesh-to-speech model sees of a face: mouth vertices, the whole face, or coefficients."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stream_engine.errors import ConfigError
from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.motion.arkit import ARKIT_COUNT, ARKIT_NAMES, COEFFICIENT_COUNT, INDEX

FRONTS = ("mouth2s", "face2s", "exp2s", "jaw2s")
"""`jaw2s` is the control: a face of which only the jaw can be seen."""

_MILLIMETRES = 1000.0
_UNIT_MM = 3.0  # lips move a few millimetres: keeps measurements near unit size
_MOVED_MM = 3.0
_MOUTH_POINTS, _FACE_POINTS = 96, 192


def front_matrix(name: str, head: HeadAsset, scale: Tensor) -> Tensor:
    """Linear map from coefficients to what the model sees.

    Args:
        name: One of `FRONTS`.
        head: The head whose vertices are measured, head rotation left out.
        scale: Spread of each coefficient, float32 [D].

    Returns:
        float32 [D, K]: vertices in units of 3 mm, or coefficients in units of their spread.

    Raises:
        ConfigError: If the name is unknown.
    """
    if name not in FRONTS:
        raise ConfigError("unknown view of the face", got=name, expected=", ".join(FRONTS))
    if name in ("exp2s", "jaw2s"):
        seen = range(ARKIT_COUNT) if name == "exp2s" else [INDEX["jawOpen"]]
        matrix = torch.zeros(COEFFICIENT_COUNT, len(seen))
        for column, row in enumerate(seen):
            matrix[row, column] = 1.0 / scale[row]
        return matrix
    shapes = head.basis.reshape(ARKIT_COUNT, -1, 3) * _MILLIMETRES
    mouth = [k for k, shape in enumerate(ARKIT_NAMES) if shape.startswith("mouth")]
    moving = shapes[mouth] if name == "mouth2s" else shapes
    candidates = np.flatnonzero(np.linalg.norm(moving, axis=-1).max(axis=0) > _MOVED_MM)
    points = _MOUTH_POINTS if name == "mouth2s" else _FACE_POINTS
    chosen = spread_out(head.positions[candidates], points)
    measured = shapes[:, candidates[chosen]].reshape(ARKIT_COUNT, -1) / _UNIT_MM
    matrix = torch.zeros(COEFFICIENT_COUNT, measured.shape[1])
    matrix[:ARKIT_COUNT] = torch.from_numpy(measured.astype(np.float32))
    return matrix


def spread_out(positions: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Farthest-point sample: ``count`` of the points, as far apart as can be, int64 [count]."""
    chosen = [0]
    distance = np.linalg.norm(positions - positions[0], axis=-1)
    while len(chosen) < min(count, len(positions)):
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(positions - positions[chosen[-1]], axis=-1))
    return np.array(chosen, np.int64)
