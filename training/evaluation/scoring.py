"""Everything that goes into the table: systems, baselines, floor and ceiling, clip by clip."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from training.evaluation.baselines import Baselines
from training.evaluation.batches import Batch, batches, padded
from training.evaluation.lip_reader import LipReader
from training.evaluation.metrics import ClipScores, LipTrack, score_clips
from training.evaluation.recordings import Progress, Recording
from training.evaluation.systems import System, plain_movement, real_track, score_system

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
    """

    clips: int
    lips: dict[str, ClipScores] = field(default_factory=dict)
    movement: dict[str, ClipScores] = field(default_factory=dict)

    def enter(
        self, table: dict[str, ClipScores], row: str, batch: Batch, scores: ClipScores
    ) -> None:
        """Write a batch's scores into a row.

        Args:
            table: `lips` or `movement`.
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
    seeds: Sequence[int],
    progress: Progress,
) -> ScoreSheet:
    """Score every system and what it is compared with on the same clips.

    Args:
        recordings: The clips.
        systems: What to score.
        baselines: Fitted elsewhere, never on these clips.
        seeds: One sample per seed.
        progress: Told how far it is.

    Returns:
        One value per clip of every metric of every row.
    """
    reader, sheet = LipReader(), ScoreSheet(len(recordings))
    hops = {system.name: system.open() for system in systems}
    done, total = 0, len(recordings) * len(systems)
    for batch in batches(recordings, len(seeds)):
        for name, hop in hops.items():
            progress(f"scoring {name}", done, total)
            for row, scores in score_system(hop, reader, batch, seeds).items():
                if row == "movement":
                    sheet.enter(sheet.movement, name, batch, scores)
                else:
                    sheet.enter(sheet.lips, f"{name}: {row}", batch, scores)
            done += len(batch.numbers)
        lookaheads = sorted({system.window.lookahead_frames for system in systems})
        _score_baselines(sheet, reader, batch, baselines, lookaheads)
        _score_bounds(sheet, reader, batch, recordings)
    return sheet


def _score_baselines(
    sheet: ScoreSheet,
    reader: LipReader,
    batch: Batch,
    baselines: Baselines,
    lookaheads: list[int],
) -> None:
    frames = batch.valid.shape[1]
    motions = {
        ridge_row(k): np.stack([baselines.ridge(mel, k) for mel in batch.mel]) for k in lookaheads
    }
    motions["jaw from loudness"] = np.stack(
        [baselines.jaw_from_loudness(loud) for loud in batch.loudness]
    )
    motions["mean face"] = np.tile(baselines.mean_face(frames), (len(batch.numbers), 1, 1))
    real = real_track(reader, batch)
    for row, motion in motions.items():
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
