"""What a second mesh-to-speech model hears in a face, against what was said.

A generator may have been trained to please an ear. Whoever grades it must be another: this one has
another seed and size, saw recorded faces only, and never supervised anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stream_engine.assemble import open_ear, open_units
from stream_engine.errors import AssetError
from stream_engine.features.log_mel import MELS_PER_FRAME
from stream_engine.monitor.ear import UNITS_PER_FRAME, Ear, voice_of
from stream_engine.monitor.units import UnitNamer
from stream_engine.types import F32
from training.evaluation.metrics import ClipScores
from training.evaluation.over_frames import Mask
from training.evaluation.recordings import Recording

JUDGE_FOLDER = Path(__file__).parents[1] / "assets" / "judge"
HEARING_METRICS = ("unit_error", "mel_l1")
"""What is measured; each also with ``_words`` behind."""

RECORDED_FACE, OTHER_FACE = "recording", "floor: real face of another clip"


@dataclass(frozen=True, slots=True)
class Said:
    """What should be heard in one clip, and where it counts.

    Attributes:
        units: Of the speech, int64 [2 T].
        mel: Of the speech, float32 [4 T, F].
        voice: Of the speech, float32 [2 F].
        valid: Frames that count, bool [T].
        judged: Frames of the words that are judged, bool [T].
    """

    units: NDArray[np.int64]
    mel: F32
    voice: F32
    valid: Mask
    judged: Mask


class SecondEar:
    """Scores faces by what is heard in them.

    Args:
        ear: The judge.
        namer: Names the units of the speech; the ear was trained on those.

    Raises:
        AssetError: If the two know different numbers of units.
    """

    def __init__(self, ear: Ear, namer: UnitNamer) -> None:
        if ear.units != namer.units:
            raise AssetError(
                "ear and speech units do not belong together",
                got=f"{ear.units} and {namer.units} units",
                expected="an ear trained on these units",
            )
        self._ear, self._namer = ear, namer

    def said(self, recording: Recording) -> Said:
        """What should be heard in a clip."""
        mel = recording.pair.mel.astype(np.float32)
        units = self._namer.name_units(mel)
        return Said(units, mel, voice_of(mel), recording.valid, recording.judged)

    def score(self, face: F32, said: Said) -> dict[str, float]:
        """Score one face.

        Args:
            face: Coefficients, float32 [t, D]; frames past the clip's end are left out, and where
                it ends before the clip, the rest does not count.
            said: What should be heard.

        Returns:
            Share of units heard wrongly and mean distance of the log-mel, over the whole clip and
            inside words; NaN where no frame counts.
        """
        face = face[: len(said.valid)]
        frames = len(face)
        heard = self._ear.hear(face, said.voice)
        units = said.units[: UNITS_PER_FRAME * frames]
        wrong = (heard.units.argmax(axis=-1) != units).astype(np.float64)
        away = np.abs(heard.mel - said.mel[: MELS_PER_FRAME * frames]).mean(axis=-1)
        scores = {}
        for ending, chosen in (("", said.valid), ("_words", said.valid & said.judged)):
            scores[f"unit_error{ending}"] = _mean(wrong, chosen[:frames], UNITS_PER_FRAME)
            scores[f"mel_l1{ending}"] = _mean(away, chosen[:frames], MELS_PER_FRAME)
        return scores


def open_second_ear(folder: Path | None = None) -> SecondEar:
    """Open a judge and the units it knows.

    Args:
        folder: Where `trt_build.export_ear` wrote it; the shipped one by default.

    Returns:
        The judge.

    Raises:
        AssetError: If a file is missing or broken.
    """
    return SecondEar(open_ear(folder or JUDGE_FOLDER), open_units())


def hear_faces(
    second: SecondEar,
    recordings: Sequence[Recording],
    numbers: Sequence[int],
    faces: Mapping[str, F32],
) -> dict[str, ClipScores]:
    """Score made faces of some clips, the recorded ones, and those of other clips.

    Args:
        second: The judge.
        recordings: All clips.
        numbers: Which of them the faces are of, M.
        faces: Motion by row, float32 [M, T, D], at least as long as each clip.

    Returns:
        Scores of each row, of the recorded face, and, where there are two clips, of the floor, one
        value per clip.
    """
    rows: dict[str, list[dict[str, float]]] = {}
    for k, number in enumerate(numbers):
        recording, other = recordings[number], recordings[number - 1]
        said = second.said(recording)
        for row, made in faces.items():
            rows.setdefault(row, []).append(second.score(made[k], said))
        if len(recordings) > 1:
            rows.setdefault(OTHER_FACE, []).append(second.score(*_face_of(other, said)))
        rows.setdefault(RECORDED_FACE, []).append(second.score(recording.pair.motion, said))
    return {row: _by_metric(scores) for row, scores in rows.items()}


def _face_of(other: Recording, said: Said) -> tuple[F32, Said]:
    """Another clip's face under what this one says; only frames in which both show a face count."""
    shared = min(len(other.valid), len(said.valid))
    valid = said.valid.copy()
    valid[:shared] &= other.valid[:shared]
    return other.pair.motion, replace(said, valid=valid)


def _mean(values: NDArray[np.floating], frames: Mask, rate: int) -> float:
    chosen = values[np.repeat(frames, rate)]
    return float(chosen.mean()) if len(chosen) else float("nan")


def _by_metric(scores: Sequence[dict[str, float]]) -> ClipScores:
    return {name: np.array([one[name] for one in scores]) for name in scores[0]}
