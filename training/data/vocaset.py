"""Training pairs from 4D scans in the layout of VOCASET: vertices or FLAME parameters with speech.

    python -m training.data.vocaset --data FOLDER --landmarks landmarks.csv --out cache/vocaset.npz

The folder holds, for every sentence, ``<speaker>_<sentence>.wav`` and beside it either ``.npy``,
vertices [T, 3 V] at 60 frames a second, metres, or ``.npz``, FLAME parameters ``expression``
[T, E], ``pose`` [T, 15] and perhaps ``shape`` [S], which need ``--flame MODEL``. ``landmarks.csv``
says which vertex is which MediaPipe landmark: columns ``landmark`` and ``vertex``.

The landmarks then go the way of tracked ones: each speaker's own neutral, head motion taken out,
ARKit weights fitted. There are no word times, so no frame counts as inside a word.
"""

import argparse
import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import AssetError, ShapeError
from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.motion.arkit import ARKIT_COUNT
from stream_engine.types import MOTION_FPS, SAMPLES_PER_FRAME
from training.data.align import STABLE_LANDMARKS
from training.data.corpus.pieces import piece_starts
from training.data.corpus.speech import read_speech
from training.data.fit import GAP, WIDTH, LandmarkBasis
from training.data.flame import FlameModel, pose_vertices, read_flame
from training.data.grid import Clip
from training.data.pairs import Pair, centre_rotation, make_pair, pair_set
from training.data.speaker import find_speaker
from training.dataset import PairSet

SCAN_FPS = 60
PIECE_FRAMES = 75
_LIDS = (159, 145, 386, 374)  # middles of upper and lower lids
NEEDED = frozenset((*STABLE_LANDMARKS, *GAP, *WIDTH, *_LIDS))
"""Landmarks without which a face cannot be aligned, opened or shut."""


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Which vertex is which landmark.

    Attributes:
        ids: Landmark numbers, ascending, int64 [P].
        vertices: Vertex of each, int64 [P].
    """

    ids: NDArray[np.int64]
    vertices: NDArray[np.int64]


def read_landmarks(path: Path) -> Landmarks:
    """Read a correspondence.

    Args:
        path: CSV with columns ``landmark`` and ``vertex``.

    Returns:
        Sorted by landmark.

    Raises:
        AssetError: If it cannot be read, or lacks landmarks the fit needs.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            found = {int(row["landmark"]): int(row["vertex"]) for row in csv.DictReader(file)}
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise AssetError(
            "landmarks cannot be read", got=f"{path}: {error!r}", expected="landmark,vertex"
        ) from error
    missing = sorted(NEEDED - set(found))
    if missing:
        raise AssetError(
            "landmarks are missing", got=str(path), expected=", ".join(map(str, sorted(NEEDED)))
        )
    ids = np.array(sorted(found), np.int64)
    return Landmarks(ids, np.array([found[i] for i in ids], np.int64))


def read_scan(path: Path, flame: FlameModel | None) -> NDArray[np.float64]:
    """Vertices of a sentence.

    Args:
        path: .npy of vertices, or .npz of FLAME parameters.
        flame: The model the parameters are of.

    Returns:
        [T, V, 3], metres, 60 frames/s.

    Raises:
        AssetError: If it cannot be read, or parameters come without their model.
        ShapeError: If it is of another layout.
    """
    try:
        if path.suffix == ".npy":
            flat = np.load(path, allow_pickle=False)
            if flat.ndim != 2 or flat.shape[1] % 3:
                raise ShapeError("no vertices", got=f"{path}: {flat.shape}", expected="[T, 3 V]")
            scan: NDArray[np.float64] = flat.reshape(len(flat), -1, 3).astype(np.float64)
            return scan
        if flame is None:
            raise AssetError("parameters without a model", got=str(path), fix="pass --flame")
        with np.load(path, allow_pickle=False) as file:
            identity = file["shape"] if "shape" in file.files else None
            return pose_vertices(flame, file["expression"], file["pose"], identity)
    except (OSError, ValueError, KeyError) as error:
        raise AssetError("scan cannot be read", got=f"{path}: {error}") from error


def at_motion_rate(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points [T, P, 3] at 60 frames/s, read off at the middle of each motion frame."""
    frames = len(points) * MOTION_FPS // SCAN_FPS
    at = np.clip((np.arange(frames) + 0.5) * SCAN_FPS / MOTION_FPS - 0.5, 0, len(points) - 1)
    below = np.minimum(at.astype(np.int64), len(points) - 2)
    share = (at - below)[:, None, None]
    read: NDArray[np.float64] = points[below] * (1.0 - share) + points[below + 1] * share
    return read


def clip_of(name: str, points: NDArray[np.float64]) -> Clip:
    """Landmarks as a tracker would have seen them: image axes, every frame valid, no scores."""
    seen = (points * np.array([1.0, -1.0, -1.0])).astype(np.float32)
    valid = np.ones(len(points), bool)
    scores = np.zeros((len(points), ARKIT_COUNT), np.float32)
    return Clip(name, name.rsplit("_", 1)[-1], (), (), seen, valid, scores)


def speaker_pairs(folder: Path, clips: list[Clip], basis: LandmarkBasis) -> list[Pair]:
    """Pairs of one speaker's sentences, in pieces of three seconds."""
    speaker = find_speaker(clips, basis)
    pairs = []
    for clip in clips:
        samples = read_speech(folder / f"{clip.name}.wav")
        for start in piece_starts(len(clip.points), PIECE_FRAMES):
            part = slice(start, start + PIECE_FRAMES)
            piece = replace(
                clip,
                name=f"{clip.name}/{start}",
                points=clip.points[part],
                valid=clip.valid[part],
                scores=clip.scores[part],
            )
            if len(piece.points) == PIECE_FRAMES:
                pairs.append(make_pair(piece, samples[start * SAMPLES_PER_FRAME :], speaker, basis))
    centre_rotation(pairs)
    return pairs


def build(folder: Path, landmarks: Landmarks, flame: FlameModel | None) -> PairSet:
    """Fit every sentence of every speaker.

    Args:
        folder: Of scans and speech.
        landmarks: Correspondence.
        flame: For sentences that are parameters.

    Returns:
        The pairs, split by sentence.

    Raises:
        AssetError: If there is no sentence of three seconds.
    """
    basis = LandmarkBasis(load_head_asset(), landmarks.ids)
    speakers: dict[str, list[Clip]] = {}
    for path in sorted([*folder.glob("*.npy"), *folder.glob("*.npz")]):
        scan = read_scan(path, flame)
        if landmarks.vertices.max() >= scan.shape[1]:
            raise ShapeError("landmarks of another mesh", got=f"{path}: {scan.shape[1]} vertices")
        points = at_motion_rate(scan[:, landmarks.vertices])
        if len(points) >= PIECE_FRAMES:
            clip = clip_of(path.stem, points)
            speakers.setdefault(path.stem.rsplit("_", 1)[0], []).append(clip)
    if not speakers:
        raise AssetError("no sentences", got=str(folder), expected=".npy or .npz of 3 s or more")
    pairs = [pair for clips in speakers.values() for pair in speaker_pairs(folder, clips, basis)]
    return pair_set(pairs, folder.resolve().name)


def main() -> None:
    """Fit every sentence, write pairs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of scans and speech")
    parser.add_argument("--landmarks", type=Path, required=True, help="CSV: landmark, vertex")
    parser.add_argument("--flame", type=Path, help="FLAME model, .npz or .pkl")
    parser.add_argument("--out", type=Path, required=True, help=".npz to write")
    options = parser.parse_args()
    flame = read_flame(options.flame) if options.flame else None
    pairs = build(options.data, read_landmarks(options.landmarks), flame)
    pairs.save(options.out)
    print(f"{len(pairs)} pairs of {len({name.rsplit('_', 1)[0] for name in pairs.name})} speakers")


if __name__ == "__main__":
    main()
