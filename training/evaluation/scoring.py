"""Everything that goes into the table: systems, baselines, floor and ceiling, clip by clip."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from stream_engine.types import F32
from training.evaluation.baselines import Baselines
from training.evaluation.batches import Batch, batches, padded
from training.evaluation.generate import generate
from training.evaluation.lip_reader import LipReader
from training.evaluation.metrics import ClipScores, LipTrack, score_clips
from training.evaluation.recordings import Progress, Recording
from training.evaluation.second_ear import SecondEar, hear_faces
from training.evaluation.systems import System, plain_movement, real_track, score_samples

FLOOR, CEILING = "floor: real lips of another clip", "ceiling: the fit itself"
RECORDING = "recording"


def ridge_row(lookahead_frames: int) -> str:
    """Name of the row of a ridge regression."""
    return f"ridge on log-mel, {lookahead_frames} frame{'s' * (lookahead_frames > 1)} ahead"


@dataclass(slots=True)
class ScoreSheet:
    """Scores of all rows, filled batch by batch.

    Attributes:
        clips: How many clips there are.
        lips: Lip scores by row.
        movement: Movement by system, and of the recording.
        hearing: What a second mesh-to-speech hears in each face, by row; of systems, the first
            sample.
    """

    clips: int
    lips: dict[str, ClipScores] = field(default_factory=dict)
    movement: dict[str, ClipScores] = field(default_factory=dict)
    hearing: dict[str, ClipScores] = field(default_factory=dict)

    def enter(
        self, table: dict[str, ClipScores], row: str, batch: Batch, scores: ClipScores
    ) -> None:
        """Write a batch's scores into a row.

        Args:
            table: `lips`, `movement` or `hearing`.
            row: Name of the row.
            batch: Where its clips belong.
            scores: One value per clip of the batch.
        """
        kept = table.setdefault(row, {})
        for name, values in scores.items():
            kept.setdefault(name, np.full(self.clips, np.nan))[batch.numbers] = values


def score_all(
    recordings: Sequence[Recording],
    systems: Sequence[System],
    baselines: Baselines,
    second: SecondEar,
    seeds: Sequence[int],
    progress: Progress,
) -> ScoreSheet:
    """Score every system and what it is compared with on the same clips.

    Args:
        recordings: The clips.
        systems: What to score.
        baselines: Fitted elsewhere, never on these clips.
        second: Says what is heard in each face.
        seeds: One sample per seed.
        progress: Told how far it is.

    Returns:
        One value per clip of every metric of every row.
    """
    reader, sheet = LipReader(), ScoreSheet(len(recordings))
    hops = {system.name: system.open() for system in systems}
    lookaheads = sorted({system.window.lookahead_frames for system in systems})
    done, total = 0, len(recordings) * len(systems)
    for batch in batches(recordings, len(seeds)):
        faces: dict[str, F32] = {}
        for name, hop in hops.items():
            progress(f"scoring {name}", done, total)
            made = generate(hop, batch.mel, seeds, batch.numbers.tolist())
            rows = score_samples(made, reader, batch, hop.profile)
            sheet.enter(sheet.movement, name, batch, rows.pop("movement"))
            for row, scores in rows.items():
                sheet.enter(sheet.lips, f"{name}: {row}", batch, scores)
            faces[name] = made[0]
            done += len(batch.numbers)
        plain = _baseline_faces(batch, baselines, lookaheads)
        _score_baselines(sheet, reader, batch, plain)
        _score_bounds(sheet, reader, batch, recordings)
        progress("hearing", done, total)
        heard = hear_faces(second, recordings, batch.numbers.tolist(), faces | plain)
        for row, scores in heard.items():
            sheet.enter(sheet.hearing, row, batch, scores)
    return sheet


def _baseline_faces(batch: Batch, baselines: Baselines, lookaheads: list[int]) -> dict[str, F32]:
    """What baselines make of a batch, float32 [M, T, D] by row."""
    frames = batch.valid.shape[1]
    faces = {
        ridge_row(k): np.stack([baselines.ridge(mel, k) for mel in batch.mel]) for k in lookaheads
    }
    faces["jaw from loudness"] = np.stack(
        [baselines.jaw_from_loudness(loud) for loud in batch.loudness]
    )
    faces["mean face"] = np.tile(baselines.mean_face(frames), (len(batch.numbers), 1, 1))
    return faces


def _score_baselines(
    sheet: ScoreSheet, reader: LipReader, batch: Batch, faces: dict[str, F32]
) -> None:
    real = real_track(reader, batch)
    for row, motion in faces.items():
        scores = score_clips(reader.read(motion), real, batch.judged, batch.valid)
        sheet.enter(sheet.lips, row, batch, scores)


def _score_bounds(
    sheet: ScoreSheet, reader: LipReader, batch: Batch, recordings: Sequence[Recording]
) -> None:
    """Floor (lips of the clip before), ceiling, and how the recording itself moves."""
    real = real_track(reader, batch)
    if len(recordings) > 1:
        frames = batch.valid.shape[1]
        others = [recordings[number - 1] for number in batch.numbers]
        gap, width, motion = (
            padded([getattr(other.pair, name) for other in others], frames)
            for name in ("gap", "width", "motion")
        )
        both = batch.valid & padded([other.valid for other in others], frames)
        other_lips = LipTrack(gap, width, reader.read(motion).points)
        scores = score_clips(other_lips, real, batch.judged, both)
        sheet.enter(sheet.lips, FLOOR, batch, scores)
    fitted = score_clips(reader.read(batch.motion), real, batch.judged, batch.valid)
    sheet.enter(sheet.lips, CEILING, batch, fitted)
    movement = plain_movement(batch.gap, batch.motion, batch)
    sheet.enter(sheet.movement, RECORDING, batch, movement)
