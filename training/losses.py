"""What the generator is asked for: right coefficients, right lips, right movement."""

from dataclasses import dataclass

import torch
from torch import Tensor

from stream_engine.mesh.head_asset import HeadAsset
from training.data.fit import LandmarkBasis

_MILLIMETRES = 1000.0


@dataclass(frozen=True, slots=True)
class LossWeights:
    """Weight of each term.

    Attributes:
        coefficients: Mean squared error of normalised coefficients.
        lips: Of lip points, gap and width, in mm².
        velocity: Of the frame-to-frame change of both.
    """

    coefficients: float = 1.0
    lips: float = 0.6
    velocity: float = 1.0


def lip_matrix(head: HeadAsset, point_ids: Tensor, feature_weight: float = 3.0) -> Tensor:
    """Linear map from the 52 weights to lip points, gap and width in mm.

    Args:
        head: The head.
        point_ids: Landmarks to use, int64 [P].
        feature_weight: How many points gap and width count as.

    Returns:
        float32 [52, R], scaled so that a squared row sum is a mean over points.
    """
    basis = LandmarkBasis(head, point_ids.numpy())
    lips = basis.shapes[:, basis.lips]  # [K, P, 3]
    points = torch.from_numpy(lips.reshape(len(lips), -1)) / lips.shape[1] ** 0.5
    features = torch.stack(
        [torch.from_numpy(basis.gap(basis.shapes)), torch.from_numpy(basis.width(basis.shapes))], 1
    )
    joined = torch.cat([points, features * (feature_weight / lips.shape[1]) ** 0.5 * 3.0], dim=1)
    return (joined * _MILLIMETRES).float()


def motion_loss(
    predicted: Tensor, clean: Tensor, before: Tensor, lips: Tensor, weights: LossWeights
) -> dict[str, Tensor]:
    """Terms of the loss, per frame.

    Args:
        predicted: Normalised, float32 [B, T, D].
        clean: The truth, likewise.
        before: What each predicted frame follows: the prediction inside a window, the truth at
            its start, float32 [B, T, D].
        lips: Normalised coefficients to lip measurements, float32 [D, R].
        weights: Weight of each term.

    Returns:
        Weighted terms by name, each float32 [B, T].
    """
    error = predicted - clean
    true_before = torch.cat([clean[:, :1], clean[:, :-1]], dim=1)
    slip = (predicted - before) - (clean - true_before)
    return {
        "coefficients": weights.coefficients * (error**2).mean(-1),
        "lips": weights.lips * ((error @ lips) ** 2).sum(-1),
        "velocity": weights.velocity * ((slip**2).mean(-1) + 0.6 * ((slip @ lips) ** 2).sum(-1)),
    }
