"""A model as it is scored: files, latency profile, step count, and what it makes of clips."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stream_engine.assemble import open_hop
from stream_engine.errors import AssetError
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.window import LatencyProfile, profile_named
from stream_engine.types import F32
from training.evaluation.batches import Batch
from training.evaluation.dynamics import (
    diversity,
    dynamics_deviation,
    frame_speed,
    join_jump,
    silence_stability,
)
from training.evaluation.generate import generate
from training.evaluation.lip_reader import LipReader
from training.evaluation.metrics import ClipScores, LipTrack, mean_scores, score_clips
from training.evaluation.over_frames import Floats, Mask, mean_over, spread_over

_HASH_DIGITS = 12


@dataclass(frozen=True, slots=True)
class System:
    """What is scored.

    Attributes:
        model: Name of the model.
        folder: Exported graphs and weights.
        profile: Latency profile.
        steps: Diffusion steps per window.
        precision: ``int8`` for graphs that multiply bytes.
    """

    model: str
    folder: Path
    profile: str
    steps: int
    precision: str = "fp32"

    @property
    def name(self) -> str:
        """What tells it from the others in a table."""
        return f"{self.model}, {self.profile}, {self.steps} step{'s' * (self.steps > 1)}"

    @property
    def window(self) -> LatencyProfile:
        """Sizes of its window."""
        return profile_named(self.profile)

    def open(self) -> MotionHop:
        """Load its model.

        Returns:
            The hop.

        Raises:
            AssetError: If the folder holds no such model.
            ConfigError: If there is no such profile.
        """
        profile_named(self.profile)
        wanted = f"motion_sampler_{self.steps}.onnx"
        if not (self.folder / wanted).exists():
            raise AssetError(
                "no model for this step count",
                got=f"no {wanted} in {self.folder}",
                expected="a folder that trt_build.export wrote",
            )
        return open_hop(self.folder, self.profile, self.steps, self.precision)


def model_hash(folder: Path) -> str:
    """First digits of the SHA-256 over the names and bytes of a model's files."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix in (".onnx", ".safetensors", ".json"):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:_HASH_DIGITS]


def real_track(reader: LipReader, batch: Batch) -> LipTrack:
    """The recorded lips: gap and width as tracked, points as fitted."""
    return LipTrack(batch.gap, batch.width, reader.read(batch.motion).points)


def score_system(
    hop: MotionHop,
    reader: LipReader,
    batch: Batch,
    seeds: Sequence[int],
    spread: F32 | None = None,
) -> dict[str, ClipScores]:
    """Make motion for a batch and score it.

    Args:
        hop: The model.
        reader: Coefficients to points.
        batch: The clips.
        seeds: One sample per seed.
        spread: Spread of each coefficient's start noise, float32 [D]; 1 by default.

    Returns:
        As `score_samples`.
    """
    made = generate(hop, batch.mel, seeds, batch.numbers.tolist(), spread)
    return score_samples(made, reader, batch, hop.profile)


def score_samples(
    made: F32, reader: LipReader, batch: Batch, profile: LatencyProfile
) -> dict[str, ClipScores]:
    """Score motion made for a batch.

    Args:
        made: Samples, float32 [S, M, T, D].
        reader: Coefficients to points.
        batch: The clips.
        profile: Sizes of the windows they were made in.

    Returns:
        Scores of ``one sample`` (mean over samples), ``mean of N``, ``best of N`` (each clip's
        lowest LVE) and ``movement`` (mean over samples), one value per clip.
    """
    real, count = real_track(reader, batch), len(made)
    each = [score_clips(reader.read(one), real, batch.judged, batch.valid) for one in made]
    rows = {"one sample": mean_scores(each)}
    if count > 1:
        mean = reader.read(made.mean(axis=0))
        rows[f"mean of {count}"] = score_clips(mean, real, batch.judged, batch.valid)
        rows[f"best of {count}"] = best_scores(each)
    rows["movement"] = score_movement(reader, made, batch, profile)
    return rows


def best_scores(each: list[ClipScores]) -> ClipScores:
    """Scores of each clip's own best sample, by lip-vertex error."""
    best = np.stack([scores["lve_mm"] for scores in each]).argmin(axis=0)
    clips = np.arange(len(best))
    return {name: np.stack([scores[name] for scores in each])[best, clips] for name in each[0]}


def score_movement(
    reader: LipReader, made: F32, batch: Batch, profile: LatencyProfile
) -> ClipScores:
    """How samples move, beyond the lips.

    Args:
        reader: Coefficients to points.
        made: Samples, float32 [S, M, T, D].
        batch: The recorded clips.
        profile: Sizes of the windows they were made in.

    Returns:
        Mean over samples of each metric, [M]; diversity is over all of them, ``gap_spread_mm`` of
        the first (a mean would be steadier than any sample is).
    """
    lips = [reader.read(one) for one in made]
    upper = np.stack([reader.upper_face(one) for one in made])
    real_upper = reader.upper_face(batch.motion)
    points = np.stack([one.points for one in lips])
    scores: ClipScores = {}
    for ending, frames in (("", batch.valid), ("_words", batch.valid & batch.judged)):
        deviations = [{"fdd": dynamics_deviation(one, real_upper, frames)} for one in upper]
        scores[f"fdd_mm2{ending}"] = mean_scores(deviations)["fdd"]
        scores[f"lip_diversity_mm{ending}"] = diversity(points, frames)
        scores[f"upper_diversity_mm{ending}"] = diversity(upper, frames)
    jumps = [{"jump": join_jump(one, profile, batch.valid)} for one in made]
    scores["join_jump"] = mean_scores(jumps)["jump"]
    plain = [plain_movement(one.gap, motion, batch) for one, motion in zip(lips, made, strict=True)]
    return scores | mean_scores(plain) | {"gap_spread_mm": plain[0]["gap_spread_mm"]}


def plain_movement(gap: Floats, motion: F32, batch: Batch) -> ClipScores:
    """What can be said of the recording as well: stillness before speech, speed, liveliness.

    Args:
        gap: Lip gap in mm, [M, T].
        motion: Coefficients, float32 [M, T, D].
        batch: Words and frames that count.

    Returns:
        One value per clip.
    """
    speed = frame_speed(motion)
    return {
        "silence_mm": silence_stability(gap, batch.speaking, batch.valid),
        "speed": mean_over(speed, _stepped(batch.valid)),
        "speed_words": mean_over(speed, _stepped(batch.valid) & batch.judged),
        "gap_spread_mm": spread_over(gap, batch.valid),
        "loudness": mean_over(batch.loudness, batch.valid),
    }


def _stepped(valid: Mask) -> Mask:
    """Frames that count and follow one that does."""
    stepped = valid.copy()
    stepped[:, 0] = False
    stepped[:, 1:] &= valid[:, :-1]
    return stepped
