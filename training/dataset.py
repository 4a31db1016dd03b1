"""Training pairs in memory."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stream_engine.errors import AssetError
from stream_engine.types import F32
from training.clips import ClipSet

_SMALLEST_SPREAD = 0.02


@dataclass(frozen=True, slots=True)
class PairSet(ClipSet):
    """Pairs of equal length, from one or many sources.

    Attributes:
        name: Clip names.
        source: Corpus each clip comes from.
        labelled: True where an articulation model made the face, False where it was recorded.
        split: ``train``, ``validation`` or ``test``.
        transcript: What is said.
        mel: float16 [M, 4 T, F].
        motion: float32 [M, T, D].
        gap: Lip gap as tracked, mm, float32 [M, T].
        width: Lip width as tracked, mm, float32 [M, T].
        word: Word said in each frame, empty between words, [M, T].
        speaking: Inside a word, bool [M, T].
        loudness: Log energy, float32 [M, T].
    """

    name: NDArray[np.str_]
    source: NDArray[np.str_]
    labelled: NDArray[np.bool_]
    split: NDArray[np.str_]
    transcript: NDArray[np.str_]
    mel: NDArray[np.float16]
    motion: F32
    gap: F32
    width: F32
    word: NDArray[np.str_]
    speaking: NDArray[np.bool_]
    loudness: F32


def load_pairs(path: Path, split: str | None = None) -> PairSet:
    """Read a file that `PairSet.save` wrote.

    Args:
        path: The file.
        split: ``train``, ``validation`` or ``test``; all pairs by default.

    Returns:
        The pairs.

    Raises:
        AssetError: If the file is missing, older than this code, or holds no such split.
    """
    fix = "run python -m training.data.pairs"
    if not path.exists():
        raise AssetError("no training pairs", got=str(path), fix=fix)
    with np.load(path) as file:
        names = PairSet.names()
        missing = [name for name in names if name not in file.files]
        if missing:
            raise AssetError("training pairs lack arrays", got=", ".join(missing), fix=fix)
        pairs = PairSet(**{name: file[name] for name in names})
    chosen = pairs.split == split
    if split is None:
        return pairs
    if not chosen.any():
        raise AssetError("no pairs of this split", got=split, expected="train, validation, test")
    return pairs.select(chosen)


def spoken_name(name: str) -> str:
    """The clip a take was made from: another shot of ``bbaf2n`` is called ``bbaf2n#1``."""
    return name.partition("#")[0]


def coefficient_scale(motion: F32) -> Tensor:
    """Spread of each coefficient about neutral, float32 [D]; dead ones get the smallest."""
    spread = np.sqrt((motion.reshape(-1, motion.shape[-1]) ** 2).mean(axis=0))
    return torch.from_numpy(np.maximum(spread, _SMALLEST_SPREAD).astype(np.float32))
