"""Whether a face drifts over ten minutes of speech: each minute scored by itself.

    python -m training.evaluation.drift --pairs cache/grid.npz --json drift.json

Recorded clips are laid end to end, another order in every stream, and each stream goes through the
engine's hop as one, its state carried over from the first frame to the last::

    ├─ minute 1 ─┼─ minute 2 ─┼── ... ──┼─ minute 10 ─┤
       A B C ...    clips in a seeded      A B C ...      the last minute hears what the first did,
                    order, all in turn                    so that nothing differs but the time
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from stream_engine.assemble import MODEL_FOLDER
from stream_engine.config import SHIPPED_STEPS
from stream_engine.errors import ConfigError
from stream_engine.features.log_mel import MELS_PER_FRAME
from stream_engine.motion.arkit import ARKIT_COUNT, INDEX
from stream_engine.motion.hop import MotionHop
from stream_engine.types import F32, MOTION_FPS
from training.dataset import PairSet, load_pairs
from training.evaluation.generate import generate
from training.evaluation.hops import DEFAULT_RECIPE, MODEL_HELP, RECIPE_HELP, TrainedModel
from training.evaluation.intervals import paired_gain, summarise
from training.evaluation.lip_reader import LipReader
from training.evaluation.metrics import ClipScores, LipTrack, largest_error
from training.evaluation.over_frames import Floats, Mask, mean_over, pearson
from training.evaluation.report import Table, as_table, title, without_nan

MINUTE = 60 * MOTION_FPS
_WIDE = [INDEX["eyeWideLeft"], INDEX["eyeWideRight"]]
_LID, _SHUT = INDEX["eyeBlinkLeft"], 0.5


@dataclass(frozen=True, slots=True)
class Talk:
    """S streams of speech and the recorded face of every frame.

    Attributes:
        mel: float32 [S, 4 T, F].
        motion: As fitted, float32 [S, T, D].
        gap: As tracked, mm, float32 [S, T].
        width: As tracked, mm, float32 [S, T].
    """

    mel: F32
    motion: F32
    gap: F32
    width: F32


def lay(pairs: PairSet, streams: int, minutes: int, seed: int) -> Talk:
    """Lay clips end to end.

    Args:
        pairs: Clips; every one comes before any comes again.
        streams: S.
        minutes: Length of a stream, at least 2.
        seed: Of the orders.

    Returns:
        Streams of the same clips in other orders; the last minute of each repeats its first.

    Raises:
        ConfigError: If there is no stream, or no second minute.
    """
    if streams < 1 or minutes < 2:
        raise ConfigError("nothing to compare", got=f"{streams} streams, {minutes} minutes",
                          expected="at least 1 stream, 2 minutes")  # fmt: skip
    clips, frames = pairs.gap.shape
    rounds = -(-MINUTE * minutes // (clips * frames))
    random = np.random.default_rng(seed)
    orders = [
        np.concatenate([random.permutation(clips) for _ in range(rounds)]) for _ in range(streams)
    ]

    def laid(track: NDArray[np.floating], rate: int = 1) -> F32:
        runs = [track[order].reshape(-1, *track.shape[2:]) for order in orders]
        run: F32 = np.stack([run[: rate * MINUTE * minutes] for run in runs]).astype(np.float32)
        run[:, -rate * MINUTE :] = run[:, : rate * MINUTE]
        return run

    mel = laid(pairs.mel, MELS_PER_FRAME)
    return Talk(mel, laid(pairs.motion), laid(pairs.gap), laid(pairs.width))


def score_minutes(hop: MotionHop, talk: Talk) -> list[ClipScores]:
    """Let the model speak and score each minute.

    Args:
        hop: The model.
        talk: The speech, whole minutes.

    Returns:
        Per minute, one value per stream by metric.
    """
    made, reader = generate(hop, talk.mel, [0])[0], LipReader()
    spans = [slice(start, start + MINUTE) for start in range(0, made.shape[1], MINUTE)]
    return [lips(reader, made[:, s], talk, s) | movement(reader, made[:, s]) for s in spans]


def movement(reader: LipReader, motion: F32) -> ClipScores:
    """What can be said of a recording as well.

    Args:
        reader: Coefficients to points.
        motion: A minute of S streams, float32 [S, T, D].

    Returns:
        One value per stream: mean size of the head's angles in degrees, how wide the eyes are,
        blinks, and speed of the upper face.
    """
    upper = reader.upper_face(motion)
    speed = np.linalg.norm(np.diff(upper, axis=1), axis=-1).mean(axis=(1, 2)) * MOTION_FPS
    shut = motion[..., _LID] > _SHUT
    return {
        "head, degrees": np.degrees(np.abs(motion[..., ARKIT_COUNT:])).mean(axis=(1, 2)),
        "eyeWide": motion[..., _WIDE].mean(axis=(1, 2)),
        "blinks a minute": (shut[:, 1:] & ~shut[:, :-1]).sum(axis=1) * MINUTE / shut.shape[1],
        "upper face, mm/s": speed,
    }


def lips(reader: LipReader, motion: F32, talk: Talk, span: slice) -> ClipScores:
    """Lip scores of a minute of every stream.

    Args:
        reader: Coefficients to points.
        motion: What was made of the minute, float32 [S, T, D].
        talk: All of the recording.
        span: Which frames of it the minute is.

    Returns:
        Correlation over the whole minute, and LVE; one value per stream.
    """
    made = reader.read(motion)
    real = LipTrack(
        talk.gap[:, span], talk.width[:, span], reader.read(talk.motion[:, span]).points
    )
    frames: Mask = np.ones(motion.shape[:2], bool)
    points: Floats = pearson(made.points, real.points, frames)
    return {
        "gap_pcc": pearson(made.gap, real.gap, frames),
        "width_pcc": pearson(made.width, real.width, frames),
        "lip_pcc": points.reshape(len(points), -1).mean(axis=1),
        "lve_mm": mean_over(largest_error(made.points, real.points), frames),
    }


def drift_table(minutes: list[ClipScores], recorded: ClipScores) -> Table:
    """Chosen minutes, the last less the first, and the recording.

    Args:
        minutes: Scores of every minute.
        recorded: Movement of the recording.

    Returns:
        Interval over streams, by metric, by column's name.
    """
    last = len(minutes)
    shown = sorted({n for n in (1, 2, 5, last) if n <= last})
    table = {f"minute {n}": summarise(minutes[n - 1]) for n in shown}
    table[f"{last} less 1"] = paired_gain(minutes[-1], minutes[0])
    return table | {"recorded": summarise(recorded)}


def main() -> None:
    """Print the table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=MODEL_FOLDER, help=MODEL_HELP)
    parser.add_argument("--recipe", type=Path, default=DEFAULT_RECIPE, help=RECIPE_HELP)
    parser.add_argument("--profile", default="balanced")
    parser.add_argument("--steps", type=int, default=SHIPPED_STEPS)
    parser.add_argument("--streams", type=int, default=8)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    pairs = load_pairs(options.pairs, "test")
    talk = lay(pairs, options.streams, options.minutes, options.seed)
    hop = TrainedModel("model", options.model, options.recipe).hop(options.profile, options.steps)
    minutes = score_minutes(hop, talk)
    table = drift_table(minutes, movement(LipReader(), talk.motion))
    turned: Table = {}
    for column, row in table.items():
        for metric, interval in row.items():
            turned.setdefault(title(metric), {})[column] = interval
    print(as_table(turned, list(table)))
    if options.json:
        every = {f"minute {n}": summarise(scores) for n, scores in enumerate(minutes, 1)} | table
        plain = {name: {k: asdict(v) for k, v in row.items()} for name, row in every.items()}
        text = json.dumps(without_nan(plain), indent=2)
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
