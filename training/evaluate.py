"""Scores the shipped model on clips no training saw, next to the baselines and the floor.

    python -m training.evaluate --pairs cache/grid.npz --profile balanced --json scores.json

The motion is made by the engine's own hop, not by a training-time shortcut.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from stream_engine.assemble import MODEL_FOLDER, open_hop
from stream_engine.features.log_mel import MELS_PER_FRAME
from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.motion.arkit import ARKIT_COUNT, COEFFICIENT_COUNT
from stream_engine.motion.generator import silent_frame
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.noise import FrameNoise
from stream_engine.motion.window import PROFILES
from stream_engine.types import F32
from training.baselines import jaw_from_loudness, mean_face, ridge
from training.data.fit import LandmarkBasis
from training.dataset import PairSet, load_pairs
from training.dynamics import (
    diversity,
    dynamics_deviation,
    extremum_lag_ms,
    join_jump,
    loudness_follows_lips,
    silence_stability,
)
from training.metrics import Floats, LipTrack, score

UPPER_FACE = (
    46, 52, 53, 55, 63, 65, 66, 70, 105, 107, 276, 282, 283, 285, 293, 295, 296, 300, 334, 336,
    159, 145, 386, 374, 9, 151, 108, 337, 50, 280,
)  # fmt: skip
_MILLIMETRES = 1000.0


class LipReader:
    """Lip gap, width and points of coefficients, in mm from neutral."""

    def __init__(self) -> None:
        self._basis = LandmarkBasis(load_head_asset(), np.arange(478))
        self._lips = self._basis.shapes[:, self._basis.lips] * _MILLIMETRES
        upper = [i for i in UPPER_FACE if i in self._basis.index]
        self._upper = self._basis.shapes[:, upper] * _MILLIMETRES
        self._gap = self._basis.gap(self._basis.shapes) * _MILLIMETRES
        self._width = self._basis.width(self._basis.shapes) * _MILLIMETRES

    def read(self, motion: F32) -> LipTrack:
        """Measure coefficients [M, T, D]."""
        weights = motion[..., :ARKIT_COUNT]
        points = np.einsum("mtk,kpx->mtpx", weights, self._lips)
        return LipTrack(weights @ self._gap, weights @ self._width, points)

    def upper_face(self, motion: F32) -> Floats:
        """Brow, lid and cheek points of coefficients [M, T, D] in mm from neutral, [M, T, P, 3]."""
        weights = motion[..., :ARKIT_COUNT]
        points: Floats = np.einsum("mtk,kpx->mtpx", weights, self._upper)
        return points


def generate(hop: MotionHop, mel: F32, seeds: range) -> F32:
    """Run the engine's hop over a batch of clips, several samples of each.

    Args:
        hop: The model and profile.
        mel: Features of M clips, float32 [M, 4 T, F].
        seeds: One sample per seed.

    Returns:
        Motion float32 [len(seeds), M, T, D].
    """
    profile, clips = hop.profile, len(mel)
    frames = mel.shape[1] // MELS_PER_FRAME
    tail = np.tile(silent_frame(), (profile.window_frames, 1))
    run = np.concatenate([mel, np.broadcast_to(tail, (clips, *tail.shape))], axis=1)
    sources = [
        FrameNoise(1000 * seed + c, COEFFICIENT_COUNT) for seed in seeds for c in range(clips)
    ]
    state, emitted = hop.initial_state(len(sources)), []
    step = MELS_PER_FRAME * profile.hop_frames
    for start in range(0, run.shape[1] - step + 1, step):
        heard = np.tile(run[:, start : start + step], (len(seeds), 1, 1)).astype(np.float32)
        first = int(state.frame[0]) + profile.lookahead_frames
        noise = np.stack([s.frames(first, profile.window_frames) for s in sources])
        final, state = hop.step(state, heard, noise)
        emitted.append(final)
    motion = np.concatenate(emitted, axis=1)[:, profile.lookahead_frames :][:, :frames]
    return motion.reshape(len(seeds), clips, frames, -1)


def real_track(reader: LipReader, pairs: PairSet) -> LipTrack:
    """The recorded lips: gap and width as tracked, points as fitted."""
    fitted = reader.read(pairs.motion)
    return LipTrack(pairs.gap, pairs.width, fitted.points)


def evaluate(
    pairs: PairSet, train: PairSet, hop: MotionHop, samples: int
) -> dict[str, dict[str, float]]:
    """Score model, baselines and floor.

    Args:
        pairs: Clips to score on.
        train: Clips the baselines may learn from.
        hop: The model and profile.
        samples: Samples per clip.

    Returns:
        Scores by name.
    """
    reader = LipReader()
    real = real_track(reader, pairs)
    made = generate(hop, pairs.mel.astype(np.float32), range(samples))
    each = [asdict(score(reader.read(one), real, pairs.speaking)) for one in made]
    other = LipTrack(*(np.roll(a, 1, axis=0) for a in (real.gap, real.width, real.points)))
    tracks = {
        f"diffusion, mean of {samples}": reader.read(made.mean(axis=0)),
        "ridge on log-mel": reader.read(ridge(train, pairs, hop.profile.lookahead_frames)),
        "jaw from loudness": reader.read(jaw_from_loudness(train, pairs)),
        "mean face": reader.read(mean_face(train, pairs)),
        "floor: lips of another clip": other,
        "ceiling: the fit itself": reader.read(pairs.motion),
    }
    results = {
        "diffusion, single sample": {
            key: float(np.mean([row[key] for row in each])) for key in each[0]
        },
        f"diffusion, best of {samples}": best_of(reader, made, real, pairs),
    }
    for name, track in tracks.items():
        results[name] = asdict(score(track, real, pairs.speaking))
    results["movement"] = movement(reader, made, pairs, hop.profile.hop_frames)
    return results


def best_of(reader: LipReader, made: F32, real: LipTrack, pairs: PairSet) -> dict[str, float]:
    """Scores of each clip's own best sample, by lip-vertex error."""
    chosen = []
    for clip in range(len(pairs)):
        points = reader.read(made[:, clip]).points
        error = np.linalg.norm(points - real.points[clip], axis=-1).max(axis=-1).mean(axis=-1)
        chosen.append(made[int(error.argmin()), clip])
    return asdict(score(reader.read(np.stack(chosen)), real, pairs.speaking))


def movement(reader: LipReader, made: F32, pairs: PairSet, hop_frames: int) -> dict[str, float]:
    """Metrics of how the face moves, of the model's first sample, beside the recording's own.

    Args:
        reader: Coefficients to points.
        made: Samples, float32 [S, M, T, D].
        pairs: The recorded clips.
        hop_frames: Hop of the profile.

    Returns:
        Value by name; those that end in ``_real`` are the recording's.
    """
    first = reader.read(made[0])
    timing = [extremum_lag_ms(a, b) for a, b in zip(first.gap, pairs.gap, strict=True)]
    shuffled = np.roll(pairs.gap, 1, axis=0)
    floor = [extremum_lag_ms(a, b) for a, b in zip(shuffled, pairs.gap, strict=True)]
    upper, upper_real = reader.upper_face(made[0]), reader.upper_face(pairs.motion)
    few = made[:5]
    return {
        "mtm_ms": float(np.nanmean(timing)),
        "mtm_ms_floor": float(np.nanmean(floor)),
        "fdd_mm2": dynamics_deviation(upper, upper_real),
        "lip_diversity_mm": diversity(np.stack([reader.read(one).points for one in few])),
        "upper_face_diversity_mm": diversity(np.stack([reader.upper_face(one) for one in few])),
        "slcc": loudness_follows_lips(pairs.loudness, first.gap),
        "slcc_real": loudness_follows_lips(pairs.loudness, pairs.gap),
        "silence_mm": silence_stability(first.gap, pairs.speaking),
        "silence_mm_real": silence_stability(pairs.gap, pairs.speaking),
        "join_jump": join_jump(made[0], hop_frames),
        "speed": float(np.abs(np.diff(made[0], axis=1)).mean()),
        "speed_real": float(np.abs(np.diff(pairs.motion, axis=1)).mean()),
    }


def as_table(results: dict[str, dict[str, float]]) -> str:
    """Markdown table of the scores."""
    rows = {name: values for name, values in results.items() if "gap_pcc" in values}
    keys = list(next(iter(rows.values())))
    lines = ["| | " + " | ".join(keys) + " |", "|---" * (len(keys) + 1) + "|"]
    for name, values in rows.items():
        lines.append(f"| {name} | " + " | ".join(f"{values[k]:.3f}" for k in keys) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print the table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=MODEL_FOLDER, help="exported graphs")
    parser.add_argument("--split", default="test")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="balanced")
    parser.add_argument("--steps", type=int, choices=(1, 2, 4), default=2)
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    hop = open_hop(options.model, options.profile, options.steps)
    pairs, train = load_pairs(options.pairs, options.split), load_pairs(options.pairs, "train")
    results = evaluate(pairs, train, hop, options.samples)
    print(f"{len(pairs)} {options.split} clips, profile {options.profile}, {options.steps} steps")
    print(as_table(results))
    print("\n".join(f"{name}: {value:.3f}" for name, value in results["movement"].items()))
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
