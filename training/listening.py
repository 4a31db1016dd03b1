"""What the monitor's ears learn from, and what is kept from them for tests."""

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_engine.assemble import open_units
from stream_engine.features.coarse_mel import coarse_mel, in_spreads, speech_steps
from stream_engine.models.streaming_ear import StreamingEarConfig
from training.data.corpus.speech import SpeechCorpus
from training.data.other_sounds import MAKERS, other_sound
from training.data.spoken_faces import SpokenFaces, features
from training.dataset import PairSet

CROP_FRAMES = 74
"""As long as a recorded clip."""

_HELD_OUT = 5


@dataclass(frozen=True, slots=True)
class Material:
    """Faces and what is said in them, clips of any one length.

    Attributes:
        motion: [M, T, D].
        mel: float16 [M, 4 T, F].
        units: int64 [M, 2 T].
        coarse: Coarse mel in spreads of its voice, float16 [M, 2 T, C].
        speech: Somebody speaks, bool [M, 2 T].
    """

    motion: NDArray[np.floating[Any]]
    mel: NDArray[np.float16]
    units: NDArray[np.int64]
    coarse: NDArray[np.float16]
    speech: NDArray[np.bool_]


def material(motion: NDArray[np.floating[Any]], mel: NDArray[np.float16]) -> Material:
    """Name what is said in clips."""
    namer = open_units()
    units = [namer.name_units(clip.astype(np.float32)) for clip in mel]
    coarse, speech = [], []
    for clip in mel:
        steps = coarse_mel(clip.astype(np.float32))
        spoken = speech_steps(steps)
        coarse.append(in_spreads(steps, spoken).astype(np.float16))
        speech.append(spoken)
    return Material(motion, mel, np.stack(units), np.stack(coarse), np.stack(speech))


def held_out(speaker: str) -> bool:
    """Whether a speaker is kept from the ears: one in five, by name."""
    return zlib.crc32(speaker.encode()) % _HELD_OUT == 0


def for_tests(speaker: str) -> bool:
    """Whether a speaker is kept from calibration as well: every other one that is held out."""
    return held_out(speaker) and zlib.crc32(speaker.encode()) // _HELD_OUT % 2 == 1


def sounds(count: int, seed: int) -> NDArray[np.float16]:
    """Features of sounds that nobody says, float16 [M, 4 T, F]."""
    rng = np.random.default_rng(seed)
    seconds = (CROP_FRAMES + 1) / 25
    kinds = sorted(MAKERS)
    made = [features(other_sound(kinds[k % len(kinds)], seconds, rng)) for k in range(count)]
    return np.stack(made)[:, : CROP_FRAMES * 4].astype(np.float16)


def sounds_of(folder: Path) -> NDArray[np.float16]:
    """Features of recorded sounds that nobody says, float16 [M, 4 T, F]: whole clips, end to end.

    Args:
        folder: As `training.data.corpus.speech` reads them; a file may be of any length.

    Returns:
        All clips of all files.
    """
    corpus, length = SpeechCorpus(folder), CROP_FRAMES * 4
    clips = []
    for sound in corpus.utterances():
        mel = features(corpus.speech(sound.name)).astype(np.float16)
        count = len(mel) // length
        clips.append(mel[: count * length].reshape(count, length, -1))
    return np.concatenate(clips)


def prior_of(*sets: Material) -> NDArray[np.float64]:
    """How common each unit is in speech, sets alike, float64 [K]."""
    counts = np.zeros(StreamingEarConfig().units)
    for source in sets:
        units = source.units[source.speech]
        counts += np.bincount(units, minlength=len(counts)) / len(units)
    prior: NDArray[np.float64] = counts / counts.sum()
    return prior


def commonest(*sets: Material) -> dict[str, list[float]]:
    """How common each unit is in speech, and mean and spread of an average voice."""
    voices = []
    for source in sets:
        coarse = coarse_mel(source.mel.astype(np.float32))
        for steps, spoken in zip(coarse, source.speech, strict=True):
            if spoken.any():
                said = steps[spoken]
                voices.append(np.concatenate([said.mean(axis=0), said.std(axis=0)]))
    return {"prior": prior_of(*sets).tolist(), "voice": np.mean(voices, axis=0).tolist()}


def gather(pairs: PairSet, spoken: SpokenFaces) -> tuple[Material, Material, Material, Material]:
    """What is learned from, recorded and made, and what is tested on, likewise."""
    unheard = np.array([held_out(str(name)) for name in spoken.speaker])
    train, test = pairs.split == "train", pairs.split == "validation"
    return (
        material(pairs.motion[train], pairs.mel[train]),
        material(spoken.motion[~unheard], spoken.mel[~unheard]),
        material(pairs.motion[test], pairs.mel[test]),
        material(spoken.motion[unheard][::3], spoken.mel[unheard][::3]),
    )
