"""What the model must beat: mean face, jaw from loudness, ridge regression on log-mel.

All are fitted on the training split once and shipped, so that whatever is scored with them, they
have not seen it either.

    python -m training.evaluation.baselines --pairs cache/grid.npz
"""

import argparse
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import AssetError
from stream_engine.features.log_mel import MELS_PER_FRAME
from stream_engine.motion.arkit import ARKIT_COUNT, INDEX
from stream_engine.motion.window import PROFILES
from stream_engine.types import F32

if TYPE_CHECKING:
    from training.dataset import PairSet

BASELINES = Path(__file__).parents[1] / "assets" / "baselines.npz"
_RIDGE = 30.0
_PAST_FRAMES = 8


@dataclass(frozen=True, slots=True)
class Ridge:
    """Ridge regression on log-mel from 8 frames back to some frames ahead.

    Attributes:
        weights: Of the face only: no score looks at head rotation; float16 [R, 52], so that
            the file is small.
        bias: float32 [52].
    """

    weights: NDArray[np.float16]
    bias: F32


@dataclass(frozen=True, slots=True)
class Baselines:
    """What was learned from the training split.

    Attributes:
        mean: The average frame, float32 [D].
        jaw: Slope and offset of the open jaw on smoothed loudness, float32 [2].
        ridges: Regressions by frames of lookahead.
        trained: Fingerprints of the clips learned from, uint32 [M].
    """

    mean: F32
    jaw: F32
    ridges: dict[int, Ridge]
    trained: NDArray[np.uint32]

    def mean_face(self, frames: int) -> F32:
        """The average training frame, for ever, [T, D]."""
        return np.tile(self.mean, (frames, 1))

    def jaw_from_loudness(self, loudness: F32) -> F32:
        """The mean face with a jaw that follows loudness [T], smoothed over 3 frames, [T, D]."""
        motion = self.mean_face(len(loudness))
        slope, offset = self.jaw
        motion[:, INDEX["jawOpen"]] = np.clip(slope * _smoothed(loudness[None])[0] + offset, 0, 1)
        return motion

    def ridge(self, mel: NDArray[np.float16], lookahead_frames: int) -> F32:
        """Regression of each frame on the log-mel around it, [4 T, F] to [T, D].

        Args:
            mel: Features, [4 T, F].
            lookahead_frames: How far it may look ahead.

        Returns:
            Motion float32 [T, D].

        Raises:
            AssetError: If none was fitted for this lookahead.
        """
        if lookahead_frames not in self.ridges:
            raise AssetError(
                "no ridge baseline for this lookahead",
                got=f"{lookahead_frames} frames",
                expected=" or ".join(map(str, self.ridges)),
                fix="run python -m training.evaluation.baselines",
            )
        ridge = self.ridges[lookahead_frames]
        seen = _stacked(mel[None], lookahead_frames)[0]
        motion = self.mean_face(len(seen))
        motion[:, :ARKIT_COUNT] = seen @ ridge.weights.astype(np.float64) + ridge.bias
        return motion


def fingerprint(name: str, words: NDArray[np.str_]) -> int:
    """A number that tells a recorded clip: its name and which word is said in which frame [T]."""
    said = "|".join([name, *words.tolist()]).rstrip("|")
    return zlib.crc32(said.encode())


def fit_baselines(train: "PairSet", lookaheads: Sequence[int]) -> Baselines:
    """Learn all baselines.

    Args:
        train: Pairs to learn from.
        lookaheads: Frames of lookahead to fit a ridge regression for.

    Returns:
        The baselines.
    """
    mean = train.motion.mean(axis=(0, 1)).astype(np.float32)
    loud = _smoothed(train.loudness).ravel()
    jaw = np.polyfit(loud, train.motion[..., INDEX["jawOpen"]].ravel(), 1).astype(np.float32)
    ridges = {lookahead: _fit_ridge(train, lookahead) for lookahead in lookaheads}
    marks = [fingerprint(str(n), w) for n, w in zip(train.name, train.word, strict=True)]
    return Baselines(mean, jaw, ridges, np.array(marks, np.uint32))


def save_baselines(path: Path, baselines: Baselines) -> None:
    """Write them as one compressed file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {"mean": baselines.mean, "jaw": baselines.jaw}
    for lookahead, ridge in baselines.ridges.items():
        arrays[f"ridge_{lookahead}"] = ridge.weights
        arrays[f"bias_{lookahead}"] = ridge.bias
    np.savez_compressed(path, trained=baselines.trained, **arrays)


def load_baselines(path: Path = BASELINES) -> Baselines:
    """Read what `save_baselines` wrote.

    Args:
        path: The file; the shipped one by default.

    Returns:
        The baselines.

    Raises:
        AssetError: If it is not there.
    """
    if not path.exists():
        raise AssetError("baselines are missing", got=str(path), fix="reinstall elocute")
    with np.load(path) as file:
        lookaheads = [int(name.split("_")[1]) for name in file.files if name.startswith("ridge_")]
        ridges = {k: Ridge(file[f"ridge_{k}"], file[f"bias_{k}"]) for k in lookaheads}
        return Baselines(file["mean"], file["jaw"], ridges, file["trained"])


def _fit_ridge(train: "PairSet", lookahead: int) -> Ridge:
    x = _stacked(train.mel, lookahead).reshape(train.motion.shape[0] * train.motion.shape[1], -1)
    y = train.motion[..., :ARKIT_COUNT].reshape(len(x), -1).astype(np.float64)
    x_mean, y_mean = x.mean(axis=0), y.mean(axis=0)
    centred = x - x_mean
    gram = centred.T @ centred + _RIDGE * np.eye(centred.shape[1])
    weights = np.linalg.solve(gram, centred.T @ (y - y_mean)).astype(np.float16)
    bias = y_mean - x_mean @ weights.astype(np.float64)
    return Ridge(weights, bias.astype(np.float32))


def _smoothed(track: F32) -> F32:
    padded = np.pad(track, ((0, 0), (1, 1)), mode="edge")
    smooth: F32 = (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / 3.0
    return smooth


def _stacked(mel: NDArray[np.float16], lookahead: int) -> NDArray[np.float64]:
    """Two mean features of each frame's four, stacked over the frames in reach, [M, T, R]."""
    frames = mel.shape[1] // MELS_PER_FRAME
    halves = mel.astype(np.float64).reshape(len(mel), frames, 2, 2, -1).mean(axis=3)
    flat = halves.reshape(len(mel), frames, -1)[..., ::2]
    padded = np.pad(flat, ((0, 0), (_PAST_FRAMES, lookahead), (0, 0)), mode="edge")
    shifts = range(_PAST_FRAMES + lookahead + 1)
    return np.concatenate([padded[:, k : k + frames] for k in shifts], axis=-1)


def main() -> None:
    """Fit on the recorded clips of the training split, write."""
    from training.dataset import load_pairs

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True, help="file of training pairs")
    parser.add_argument("--out", type=Path, default=BASELINES, help=".npz to write")
    options = parser.parse_args()
    train = load_pairs(options.pairs, "train")
    train = train.select(~train.labelled)
    lookaheads = sorted({profile.lookahead_frames for profile in PROFILES.values()})
    save_baselines(options.out, fit_baselines(train, lookaheads))
    print(f"{len(train)} clips, lookaheads {lookaheads}, {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
