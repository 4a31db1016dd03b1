"""Building training pairs from recordings: features of the speech, fitted motion of the face.

python -m training.data.pairs --grid FOLDER --out cache/grid.npz
"""

import argparse
import dataclasses
import json
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_engine.features.log_mel import MELS_PER_FRAME, LogMelExtractor
from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.motion.arkit import ARKIT_COUNT
from stream_engine.types import F32, MODEL_RATE_HZ, SAMPLES_PER_FRAME, AudioChunk
from training.data.corpus.shots import takes
from training.data.fit import FitWeights, LandmarkBasis, fit_weights
from training.data.grid import Clip, GridCorpus
from training.data.speaker import Speaker, displacement_of, find_speaker, head_local
from training.dataset import PairSet

TEST_SHARE, VALIDATION_SHARE = 0.11, 0.04
_SCALE_MM = 1000.0


@dataclass(frozen=True, slots=True)
class Pair:
    """One clip ready for training.

    Attributes:
        name: Clip name.
        transcript: What is said.
        word: Word said in each frame, empty between words, [T].
        mel: float16 [4 T, F].
        motion: Fitted coefficients, float32 [T, D].
        gap: Lip gap as tracked, beyond the neutral's, mm, float32 [T].
        width: Lip width as tracked, beyond the neutral's, mm, float32 [T].
        speaking: Inside a word, bool [T].
        loudness: Log energy of the frame, float32 [T].
        residual: Mean lip-point distance between fit and track, mm, float32 [T].
    """

    name: str
    transcript: str
    word: NDArray[np.str_]
    mel: NDArray[np.float16]
    motion: F32
    gap: F32
    width: F32
    speaking: NDArray[np.bool_]
    loudness: F32
    residual: F32


@dataclass(frozen=True, slots=True)
class FitReport:
    """How well the fit holds what was tracked.

    Attributes:
        clips: Clips fitted.
        frames_fitted: Share of frames in which a face was found.
        lip_residual: Mean lip-point distance relative to mouth width.
        gap_correlation: Mean over clips of Pearson r, tracked against fitted lip gap.
        width_correlation: The same for lip width.
        sync_lag_frames: Shift of the lip gap against loudness with the highest mean correlation;
            above 0 the mouth is late.
        sync_correlation: That correlation.
    """

    clips: int
    frames_fitted: float
    lip_residual: float
    gap_correlation: float
    width_correlation: float
    sync_lag_frames: int
    sync_correlation: float


def split_of(transcript: str) -> str:
    """``test``, ``validation`` or ``train``, by a hash of the sentence, never of the clip."""
    share = (zlib.crc32(transcript.encode()) % 10_000) / 10_000
    if share < TEST_SHARE:
        return "test"
    return "validation" if share < TEST_SHARE + VALIDATION_SHARE else "train"


def cut_or_filled(samples: F32, frames: int) -> F32:
    """Speech of exactly ``frames`` motion frames; silence where it ends early."""
    run = np.zeros(frames * SAMPLES_PER_FRAME, np.float32)
    run[: len(samples)] = samples[: len(run)]
    return run


def speech_features(samples: F32, frames: int) -> NDArray[np.float16]:
    """Log-mel of exactly ``frames`` motion frames, cut or filled up with silence."""
    run = cut_or_filled(samples, frames)
    blocks = LogMelExtractor().feed(AudioChunk(0, run, MODEL_RATE_HZ))
    return np.concatenate([block.values for block in blocks]).astype(np.float16)


def loudness_of(samples: F32, frames: int) -> F32:
    """Log energy per motion frame, float32 [T]."""
    energy = (cut_or_filled(samples, frames).reshape(frames, -1) ** 2).mean(axis=1)
    loudness: F32 = np.log(energy + 1e-7).astype(np.float32)
    return loudness


def make_pair(clip: Clip, samples: F32, speaker: Speaker, basis: LandmarkBasis) -> Pair:
    """Fit one clip and compute its features."""
    local = head_local(clip, speaker, basis)
    displacement = displacement_of(local, speaker, basis)
    weights = fit_weights(basis, displacement, clip.scores, FitWeights())
    rebuilt = np.einsum("tk,kpx->tpx", weights, basis.shapes)
    error = np.linalg.norm((rebuilt - displacement)[:, basis.lips, :2], axis=-1).mean(axis=1)
    frames = len(clip.points)
    return Pair(
        clip.name,
        clip.transcript,
        clip.word_of_frame(),
        speech_features(samples, frames),
        np.concatenate([weights, local.rotation], axis=1),
        (basis.gap(displacement) * _SCALE_MM).astype(np.float32),
        (basis.width(displacement) * _SCALE_MM).astype(np.float32),
        clip.speaking(),
        loudness_of(samples, frames),
        (error * _SCALE_MM).astype(np.float32),
    )


def lagged_correlation(loudness: F32, gap: F32, lag: int) -> float:
    """Pearson r of the gap ``lag`` frames later with the loudness."""
    length = len(gap) - abs(lag)
    early, late = max(lag, 0), max(-lag, 0)
    return float(np.corrcoef(gap[early : early + length], loudness[late : late + length])[0, 1])


def report_on(pairs: list[Pair], valid: float, basis: LandmarkBasis, width_mm: float) -> FitReport:
    """Sum up a fit."""
    gaps, widths = [], []
    for pair in pairs:
        rebuilt = np.einsum("tk,kpx->tpx", pair.motion[:, :ARKIT_COUNT], basis.shapes)
        gaps.append(np.corrcoef(basis.gap(rebuilt), pair.gap)[0, 1])
        widths.append(np.corrcoef(basis.width(rebuilt), pair.width)[0, 1])
    lags = range(-4, 5)
    by_lag = [np.mean([lagged_correlation(p.loudness, p.gap, k) for p in pairs]) for k in lags]
    best = int(np.argmax(by_lag))
    return FitReport(
        clips=len(pairs),
        frames_fitted=valid,
        lip_residual=float(np.concatenate([p.residual for p in pairs]).mean() / width_mm),
        gap_correlation=float(np.mean(gaps)),
        width_correlation=float(np.mean(widths)),
        sync_lag_frames=lags[best],
        sync_correlation=float(by_lag[best]),
    )


def pair_set(pairs: list[Pair], source: str) -> PairSet:
    """Recorded pairs, cut to their usual length, as one set split by sentence."""
    frames = min(75, *(len(pair.motion) for pair in pairs))

    def stacked(name: str) -> NDArray[Any]:
        return np.stack([getattr(pair, name)[:frames] for pair in pairs])

    return PairSet(
        name=np.array([pair.name for pair in pairs]),
        source=np.full(len(pairs), source),
        labelled=np.zeros(len(pairs), bool),
        split=np.array([split_of(pair.transcript) for pair in pairs]),
        transcript=np.array([pair.transcript for pair in pairs]),
        mel=np.stack([pair.mel[: MELS_PER_FRAME * frames] for pair in pairs]),
        motion=stacked("motion"),
        gap=stacked("gap"),
        width=stacked("width"),
        word=stacked("word"),
        speaking=stacked("speaking"),
        loudness=stacked("loudness"),
    )


def main() -> None:
    """Fit every clip, report, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grid", type=Path, required=True, help="folder with clips.tsv")
    parser.add_argument("--shots", type=int, default=0, help="other takes of training clips")
    parser.add_argument("--out", type=Path, required=True, help=".npz to write")
    options = parser.parse_args()
    corpus = GridCorpus(options.grid)
    basis = LandmarkBasis(load_head_asset(), corpus.point_ids)
    clips = [clip for clip in corpus.clips() if clip.valid.any()]
    speaker = find_speaker(clips, basis)
    pairs, shots = [], []
    for clip in clips:
        samples = corpus.speech(clip.name)
        pair = make_pair(clip, samples, speaker, basis)
        pairs.append(pair)
        if split_of(clip.transcript) == "train":
            shots += other_takes(pair, samples, options.shots)
        if len(pairs) % 100 == 0:
            print(f"{len(pairs)} of {len(clips)} clips", flush=True)
    centre_rotation(pairs)  # a shot shares its clip's motion
    valid = float(np.concatenate([clip.valid for clip in clips]).mean())
    report = report_on(pairs, valid, basis, float(basis.width(speaker.neutral)) * _SCALE_MM)
    print(json.dumps(asdict(report), indent=2))
    pair_set([*pairs, *shots], options.grid.resolve().name).save(options.out)


def other_takes(pair: Pair, samples: F32, count: int) -> list[Pair]:
    """The same face with other shots of its speech; each has its clip's name and a number."""
    frames = len(pair.motion)
    shots = list(takes(pair.name, samples, count))[1:]
    return [
        dataclasses.replace(pair, name=name, mel=speech_features(heard, frames))
        for name, heard in shots
    ]


def centre_rotation(pairs: list[Pair]) -> None:
    """Measure head rotation from the speaker's usual pose, in place."""
    usual = np.median(np.concatenate([pair.motion[:, ARKIT_COUNT:] for pair in pairs]), axis=0)
    for pair in pairs:
        pair.motion[:, ARKIT_COUNT:] -= usual


if __name__ == "__main__":
    main()
