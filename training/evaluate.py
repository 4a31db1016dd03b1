"""Scores the shipped model on clips no training saw, next to the baselines and the floor.

    python -m training.evaluate --pairs cache/grid.npz --profile balanced --json scores.json

The motion is made by the engine's own hop, not by a training-time shortcut.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from stream_engine.assemble import MODEL_FOLDER, open_hop
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.window import PROFILES
from stream_engine.types import F32
from training.dataset import PairSet, load_pairs
from training.evaluation.baselines import jaw_from_loudness, mean_face, ridge
from training.evaluation.generate import generate
from training.evaluation.intervals import summarise
from training.evaluation.lip_reader import LipReader
from training.evaluation.metrics import LipTrack, score_clips


def score(made: LipTrack, real: LipTrack, pairs: PairSet) -> dict[str, float]:
    """Means over clips."""
    return {k: v.mean for k, v in summarise(score_clips(made, real, pairs.speaking)).items()}


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
    each = [score(reader.read(one), real, pairs) for one in made]
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
        results[name] = score(track, real, pairs)
    return results


def best_of(reader: LipReader, made: F32, real: LipTrack, pairs: PairSet) -> dict[str, float]:
    """Scores of each clip's own best sample, by lip-vertex error."""
    chosen = []
    for clip in range(len(pairs)):
        points = reader.read(made[:, clip]).points
        error = np.linalg.norm(points - real.points[clip], axis=-1).max(axis=-1).mean(axis=-1)
        chosen.append(made[int(error.argmin()), clip])
    return score(reader.read(np.stack(chosen)), real, pairs)


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
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
