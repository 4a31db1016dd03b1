"""Labelled pairs: speech of many voices with faces an articulation model gave it.

    python -m training.data.corpus.labelled --pairs cache/grid.npz
        --phones cache/phones-grid_s1.npz
        --speech cache/speech-librispeech.npz cache/speech-kokoro.npz --out cache/labelled.npz

The mouth follows the phones as the recorded speaker's would, in a style of its own: larger or
smaller, a little early or late, with some of the recordings' own scatter. Brows, lids, gaze and
head are a recorded clip's, drawn at random: they are real, but say nothing about the speech.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.motion.arkit import ARKIT_COUNT, COEFFICIENT_COUNT
from stream_engine.types import F32
from training.data.corpus.articulation import (
    Articulation,
    centred,
    feature_tracks,
    fit_articulation,
)
from training.data.corpus.phone_times import load_phones
from training.data.corpus.phones import PHONE_INDEX, SILENCE
from training.data.corpus.pieces import SpeechSet, load_speech
from training.data.splits import SPLITS, split_pairs
from training.dataset import (
    PairSet,
    coefficient_scale,
    load_pairs,
    spoken_name,
)
from training.evaluation.lip_reader import LipReader
from training.losses import lip_matrix
from training.trainer import LANDMARKS, MOUTH

_MOUTH = MOUTH.numpy()


@dataclass(frozen=True, slots=True)
class Style:
    """How far labelled mouths differ from the model's.

    Attributes:
        size: Spread of the log of the amplitude.
        jitter_frames: Largest shift in time, frames of 40 ms.
        scatter: Share of the recordings' own residual added.
    """

    size: float = 0.12
    jitter_frames: float = 0.5
    scatter: float = 0.5


@dataclass(frozen=True, slots=True)
class Recorded:
    """What labelling draws from.

    Attributes:
        motion: Recorded clips, float32 [M, T, D].
        residual: What the articulation model left of their mouths, float32 [M, T, D].
        model: The articulation model.
        scale: Spread of each coefficient, float32 [D].
    """

    motion: F32
    residual: F32
    model: Articulation
    scale: F32


def phones_of(pairs: PairSet, times: dict[str, NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Phone labels of the clips, silence past their end, uint8 [M, 4 T]."""
    labels = np.full((len(pairs), pairs.mel.shape[1]), PHONE_INDEX[SILENCE], np.uint8)
    for row, name in zip(labels, pairs.name, strict=True):
        track = times[spoken_name(str(name))][: len(row)]
        row[: len(track)] = track
    return labels


def known(pairs: PairSet, times: dict[str, NDArray[np.uint8]]) -> PairSet:
    """The clips whose phones are known."""
    return pairs.select(np.array([spoken_name(name) in times for name in pairs.name], bool))


def speech_of(pairs: PairSet, times: dict[str, NDArray[np.uint8]]) -> SpeechSet:
    """What is said in the clips whose phones are known, without the faces."""
    heard = known(pairs, times)
    return SpeechSet(
        name=heard.name,
        source=heard.source,
        speaker=heard.source,
        mel=heard.mel,
        phones=phones_of(heard, times),
        loudness=heard.loudness,
    )


def all_speech(speech: Sequence[Path], pairs: Path, phones: Path, split: str) -> SpeechSet:
    """Speech corpora, and of the recorded speaker what a split may learn from, in one."""
    recorded = load_pairs(pairs)
    own = speech_of(recorded.select(split_pairs(recorded, split).train), load_phones(phones))
    return SpeechSet.join([*(load_speech(path) for path in speech), own])


def learn(pairs: PairSet, phones: NDArray[np.uint8], steps: int = 700) -> Recorded:
    """Fit the articulation model to recorded pairs and keep what it leaves over."""
    scale = coefficient_scale(pairs.motion)
    tracks = torch.from_numpy(np.stack([feature_tracks(row) for row in phones]))
    loudness = centred(pairs.loudness)
    lips = lip_matrix(load_head_asset(), LANDMARKS) * scale[:ARKIT_COUNT, None]
    mouth = torch.from_numpy(pairs.motion[..., _MOUTH]) / scale[MOUTH]
    model = fit_articulation(tracks, loudness, mouth, lips[MOUTH[:ARKIT_COUNT]], steps)
    made = articulate(model, scale.numpy(), phones, pairs.loudness)
    return Recorded(pairs.motion, (pairs.motion - made) * _MOUTH, model, scale.numpy())


@torch.no_grad()
def articulate(model: Articulation, scale: F32, phones: NDArray[np.uint8], loudness: F32) -> F32:
    """Mouth coefficients of clips, zero elsewhere, float32 [M, T, D]."""
    tracks = torch.from_numpy(np.stack([feature_tracks(row) for row in phones]))
    motion = np.zeros((len(phones), phones.shape[1] // 4, COEFFICIENT_COUNT), np.float32)
    motion[..., _MOUTH] = model(tracks, centred(loudness)).numpy() * scale[_MOUTH]
    return motion


def label(speech: SpeechSet, recorded: Recorded, style: Style, seed: int) -> PairSet:
    """Give faces to speech.

    Args:
        speech: Pieces as long as the recorded clips, phones known.
        recorded: What to draw from.
        style: How far to differ.
        seed: Seed of the draws.

    Returns:
        Labelled pairs, all for training.
    """
    rng = np.random.default_rng(seed)
    count = len(speech)
    mouth = articulate(recorded.model, recorded.scale, speech.phones, speech.loudness)
    size = np.exp(rng.normal(0.0, style.size, (count, 1, 1))).astype(np.float32)
    donors, scattered = rng.integers(len(recorded.motion), size=(2, count))
    motion = mouth * size + style.scatter * recorded.residual[scattered]
    shifts = rng.uniform(-style.jitter_frames, style.jitter_frames, count)
    motion = np.stack([shifted(clip, by) for clip, by in zip(motion, shifts, strict=True)])
    motion = np.where(_MOUTH, motion, recorded.motion[donors]).astype(np.float32)
    motion[..., :ARKIT_COUNT] = motion[..., :ARKIT_COUNT].clip(0.0, 1.0)
    lips = LipReader().read(motion)
    speaking = (speech.phones != PHONE_INDEX[SILENCE]).reshape(count, -1, 4).any(axis=2)
    nothing = np.full(count, "")
    return PairSet(
        name=speech.name,
        source=speech.source,
        labelled=np.ones(count, bool),
        split=np.full(count, "train"),
        transcript=nothing,
        mel=speech.mel,
        motion=motion,
        gap=lips.gap.astype(np.float32),
        width=lips.width.astype(np.float32),
        word=np.full(speaking.shape, ""),
        speaking=speaking,
        loudness=speech.loudness,
    )


def shifted(clip: F32, frames: float) -> F32:
    """A clip [T, D] moved in time by part of a frame, ends held."""
    at = np.clip(np.arange(len(clip)) - frames, 0, len(clip) - 1)
    below = at.astype(np.int64)
    above = np.minimum(below + 1, len(clip) - 1)
    share = (at - below).astype(np.float32)[:, None]
    moved: F32 = clip[below] * (1.0 - share) + clip[above] * share
    return moved


def main() -> None:
    """Fit on a split's training clips, label, write, print the hours."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--phones", type=Path, required=True)
    parser.add_argument("--speech", type=Path, nargs="+", required=True)
    parser.add_argument("--split", choices=SPLITS, default="random")
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--steps", type=int, default=700, help="of the articulation model's fit")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    pairs, times = load_pairs(options.pairs), load_phones(options.phones)
    own = known(pairs.select(split_pairs(pairs, options.split).train), times)
    recorded = learn(own, phones_of(own, times), options.steps)
    print(f"articulation model of {len(own)} recorded clips, split {options.split}")
    sets = []
    for count, path in enumerate(options.speech):
        speech = load_speech(path)
        sets.append(label(speech, recorded, Style(), options.seed + count))
        hours = speech.loudness.size / 25 / 3600
        print(f"{path.stem}: {len(speech)} clips, {hours:.2f} h labelled")
    PairSet.join(sets).save(options.out)


if __name__ == "__main__":
    main()
