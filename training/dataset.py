"""Training pairs in memory."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stream_engine.errors import AssetError
from stream_engine.types import F32

_SMALLEST_SPREAD = 0.02


@dataclass(frozen=True, slots=True)
class PairSet:
    """Pairs of equal length.

    Attributes:
        name: Clip names.
        mel: float16 [M, 4 T, F].
        motion: float32 [M, T, D].
        gap: Lip gap as tracked, mm, float32 [M, T].
        width: Lip width as tracked, mm, float32 [M, T].
        speaking: Inside a word, bool [M, T].
        loudness: Log energy, float32 [M, T].
    """

    name: NDArray[np.str_]
    mel: NDArray[np.float16]
    motion: F32
    gap: F32
    width: F32
    speaking: NDArray[np.bool_]
    loudness: F32

    def __len__(self) -> int:
        return len(self.name)


def load_pairs(path: Path, split: str) -> PairSet:
    """Read one split of a file that ``training.data.pairs`` wrote.

    Args:
        path: The file.
        split: ``train``, ``validation`` or ``test``.

    Returns:
        The pairs.

    Raises:
        AssetError: If the file is missing or holds no such split.
    """
    if not path.exists():
        raise AssetError(
            "no training pairs", got=str(path), fix="run python -m training.data.pairs"
        )
    with np.load(path) as file:
        chosen = file["split"] == split
        if not chosen.any():
            raise AssetError(
                "no pairs of this split", got=split, expected="train, validation, test"
            )
        names = ("name", "mel", "motion", "gap", "width", "speaking", "loudness")
        return PairSet(**{name: file[name][chosen] for name in names})


def coefficient_scale(motion: F32) -> Tensor:
    """Spread of each coefficient about neutral, float32 [D]; dead ones get the smallest."""
    spread = np.sqrt((motion.reshape(-1, motion.shape[-1]) ** 2).mean(axis=0))
    return torch.from_numpy(np.maximum(spread, _SMALLEST_SPREAD).astype(np.float32))
