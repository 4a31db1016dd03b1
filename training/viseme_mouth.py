"""Recipe: visemes and how the voice tells them, for the mouth that is left when the model fails.

    python -m training.viseme_mouth --pairs cache/grid.npz --spoken cache/spoken.npz
        --out stream_engine/assets/visemes.npz

k-means over the mouths of recorded and made faces, then a softmax over features of the voice.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from stream_engine.motion.arkit import COEFFICIENT_NAMES, MOUTH_NAMES
from stream_engine.motion.viseme_mouth import (
    AHEAD_FRAMES,
    CONTEXT_FRAMES,
    FEATURES,
    FRAME_FEATURES,
    frame_features,
)
from stream_engine.types import F32
from training.data.spoken_faces import load_spoken
from training.dataset import load_pairs
from training.listening import held_out

COUNT = 14
_ROUNDS, _STEPS = 30, 120
_MOUTH = np.array([name.startswith(MOUTH_NAMES) for name in COEFFICIENT_NAMES])


def cluster(mouths: F32, count: int, seed: int) -> F32:
    """k-means of mouths [N, D], the mouth at rest one of them: centres float32 [count, D].

    Begins far apart (Arthur & Vassilvitskii 2007).
    """
    rng = np.random.default_rng(seed)
    centres = np.zeros((count, mouths.shape[1]), np.float32)
    away = (mouths**2).sum(axis=1)
    for k in range(1, count):
        centres[k] = mouths[rng.choice(len(mouths), p=away / away.sum())]
        away = np.minimum(away, ((mouths - centres[k]) ** 2).sum(axis=1))
    for _ in range(_ROUNDS):
        centres[0] = 0.0
        nearest = _nearest(mouths, centres)
        for k in range(1, count):
            if (nearest == k).any():
                centres[k] = mouths[nearest == k].mean(axis=0)
    return centres


def _nearest(mouths: F32, centres: F32) -> np.ndarray:
    close = mouths @ centres.T - 0.5 * (centres**2).sum(axis=1)
    return np.asarray(close.argmax(axis=1))


def fit(features: F32, mouths: F32, poses: F32, seed: int = 0) -> F32:
    """Weights of a softmax that gives the mouth: float32 [FEATURES + 1, V].

    What is made small is the distance of the mixed pose from the mouth, and besides that of the
    shares from the nearest pose.
    """
    torch.manual_seed(seed)
    x, y, centres = (torch.from_numpy(part) for part in (features, mouths, poses))
    named = torch.from_numpy(_nearest(mouths, poses))
    mean, spread = x.mean(dim=0), x.std(dim=0) + 1e-3
    weights = torch.zeros(x.shape[1] + 1, len(poses), requires_grad=True)
    plain = (x - mean) / spread
    descent = torch.optim.LBFGS([weights], max_iter=_STEPS, history_size=20)

    def loss() -> Tensor:
        descent.zero_grad()
        logits = plain @ weights[:-1] + weights[-1]
        gap = (torch.softmax(logits, dim=1) @ centres - y).square().sum(dim=1).mean()
        total = gap + 0.02 * functional.cross_entropy(logits, named)
        total = total + 1e-4 * weights.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    descent.step(loss)  # type: ignore[no-untyped-call]
    made = weights.detach()
    scaled = made[:-1] / spread[:, None]
    bias = made[-1] - (mean[:, None] * scaled).sum(dim=0)
    return torch.cat([scaled, bias[None]]).numpy()


def gather(mel: np.ndarray, motion: np.ndarray) -> tuple[F32, F32]:
    """Features and mouths of clips: float32 [N, FEATURES], [N, D]."""
    features, mouths = [], []
    for heard, face in zip(mel, motion, strict=True):
        past = np.zeros((CONTEXT_FRAMES - 1, FRAME_FEATURES), np.float32)
        features.append(frame_features(heard.astype(np.float32), past)[0][AHEAD_FRAMES:])
        mouths.append(face[: len(face) - AHEAD_FRAMES].astype(np.float32) * _MOUTH)
    return np.concatenate(features), np.concatenate(mouths)


def main() -> None:
    """Cluster, fit, write, say how near the mouth comes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--spoken", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    pairs, spoken = load_pairs(options.pairs, "train"), load_spoken(options.spoken)
    known = np.array([not held_out(str(name)) for name in spoken.speaker])
    sets = [(pairs.mel, pairs.motion), (spoken.mel[known], spoken.motion[known])]
    gathered = [gather(*one) for one in sets]
    features, mouths = (np.concatenate(parts) for parts in zip(*gathered, strict=True))
    poses = cluster(mouths, COUNT, options.seed)
    weights = fit(features, mouths, poses, options.seed)
    assert weights.shape == (FEATURES + 1, COUNT)
    np.savez(options.out, weights=weights.astype(np.float16), poses=poses.astype(np.float16))
    print(f"{COUNT} visemes of {len(mouths)} frames in {options.out}")


if __name__ == "__main__":
    main()
