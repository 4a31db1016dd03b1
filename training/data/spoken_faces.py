"""Faces the engine makes of speech, as it sends them: what the lip-sync monitor learns from.

    python -m training.data.spoken_faces --speech FOLDER [FOLDER ...] --out cache/spoken.npz

Every utterance is spoken once in every manner drawn for it, by the shipped model with emotion,
style and idle life, in a latency profile drawn as well. Pieces of `PIECE_FRAMES` frames, without
what is shorter.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stream_engine.assemble import Assembly
from stream_engine.config import EngineConfig, MotionConfig
from stream_engine.features.log_mel import MELS_PER_FRAME, hop_features, silent_past
from stream_engine.motion.emotion import EMOTIONS, Manner
from stream_engine.motion.session_slots import SessionSlots
from stream_engine.types import F32, SAMPLES_PER_FRAME
from training.clips import ClipSet
from training.data.corpus.speech import SpeechCorpus

PIECE_FRAMES = 100
"""Four seconds."""

BATCH = 24
PROFILES = ("ultra", "balanced", "balanced", "quality")
"""Latency profiles, by how often they are drawn."""


@dataclass(frozen=True, slots=True)
class SpokenFaces(ClipSet):
    """Pieces of speech and the faces that went with them.

    Attributes:
        name: Utterance and number of the piece.
        source: Corpus.
        speaker: Who speaks.
        mel: float16 [M, 4 T, F].
        motion: float16 [M, T, D].
    """

    name: NDArray[np.str_]
    source: NDArray[np.str_]
    speaker: NDArray[np.str_]
    mel: NDArray[np.float16]
    motion: NDArray[np.float16]


def load_spoken(path: Path) -> SpokenFaces:
    """Read a file this module wrote."""
    with np.load(path) as file:
        return SpokenFaces(**{name: file[name] for name in SpokenFaces.names()})


def draw_manner(rng: np.random.Generator) -> Manner:
    """Half the time as generated; else an emotion of some strength, and another articulation."""
    if rng.random() < 0.5:
        return Manner()
    emotion = str(rng.choice(sorted(EMOTIONS)))
    return Manner(emotion, float(rng.uniform(0.2, 1.0)), float(rng.uniform(0.7, 1.3)))


def perform(slots: SessionSlots, speech: Sequence[F32], manners: Sequence[Manner]) -> list[F32]:
    """Let the engine speak, all at once, each in a slot.

    Args:
        slots: Of one profile, at least as many as there is speech.
        speech: 16 kHz, float32 [N] each.
        manners: One each.

    Returns:
        Motion of each, float32 [T, D]; T is the whole frames of its speech.
    """
    hop, window = slots.profile.hop_frames, slots.profile.window_frames
    rows = np.arange(len(speech))
    for row, manner in zip(rows, manners, strict=True):
        slots.begin(int(row), manner)
    frames = [len(samples) // SAMPLES_PER_FRAME for samples in speech]
    windows = -(-(max(frames) + window) // hop)
    heard = np.zeros((len(speech), windows * hop * SAMPLES_PER_FRAME), np.float32)
    for number, samples in enumerate(speech):
        length = frames[number] * SAMPLES_PER_FRAME
        heard[number, :length] = samples[:length]
    made = []
    for number in range(windows):
        first, end = number * hop, (number + 1) * hop
        ended = np.arange(first, end) >= np.array(frames)[:, None]
        samples = heard[:, first * SAMPLES_PER_FRAME : end * SAMPLES_PER_FRAME]
        made.append(slots.advance(rows, samples, ended))
    # With N frames heard those from N - window on are final.
    motion = np.concatenate(made, axis=1)[:, window - hop :]
    return [motion[row, : frames[row]] for row in rows]


def features(samples: F32) -> F32:
    """Log-mel of the whole frames of an utterance, float32 [4 T, F]."""
    whole = len(samples) // SAMPLES_PER_FRAME * SAMPLES_PER_FRAME
    mel: F32 = hop_features(silent_past(1), samples[None, :whole])[0][0]
    return mel


def pieces(name: str, speaker: str, source: str, mel: F32, motion: F32) -> SpokenFaces:
    """Cut one utterance."""
    count = len(motion) // PIECE_FRAMES
    return SpokenFaces(
        name=np.array([f"{name}/{k}" for k in range(count)], np.str_),
        source=np.full(count, source),
        speaker=np.full(count, speaker),
        mel=_cut(mel, count, PIECE_FRAMES * MELS_PER_FRAME),
        motion=_cut(motion, count, PIECE_FRAMES),
    )


def _cut(values: F32, count: int, length: int) -> NDArray[np.float16]:
    cut = values[: count * length].reshape(count, length, values.shape[-1])
    return cut.astype(np.float16)


def speak_corpus(corpus: SpeechCorpus, manners: int, rng: np.random.Generator) -> SpokenFaces:
    """Let the engine speak a whole corpus.

    Args:
        corpus: Speech.
        manners: How often each utterance is spoken.
        rng: Draws manners, profiles and seeds.

    Returns:
        All pieces.
    """
    turns = [utterance for utterance in corpus.utterances() for _ in range(manners)]
    done = []
    for at in range(0, len(turns), BATCH):
        chosen = turns[at : at + BATCH]
        seed, profile = int(rng.integers(2**31)), str(rng.choice(PROFILES))
        config = replace(EngineConfig(), motion=MotionConfig(profile=profile, seed=seed))
        assembly = Assembly(config)
        slots = assembly.motion_slots(profile, len(chosen))
        speech = [corpus.speech(utterance.name) for utterance in chosen]
        motion = perform(slots, speech, [draw_manner(rng) for _ in chosen])
        source = corpus.folder.resolve().name
        for utterance, samples, face in zip(chosen, speech, motion, strict=True):
            mel = features(samples)
            done.append(pieces(utterance.name, utterance.speaker, source, mel, face))
        print(f"{min(at + BATCH, len(turns))} of {len(turns)} utterances", flush=True)
    return SpokenFaces.join(done)


def main() -> None:
    """Speak, write, say how much it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, nargs="+", required=True)
    parser.add_argument("--manners", type=int, default=1, help="times each utterance is spoken")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    made = [speak_corpus(SpeechCorpus(path), options.manners, rng) for path in options.speech]
    faces = SpokenFaces.join(made)
    faces.save(options.out)
    hours = len(faces) * PIECE_FRAMES / 25 / 3600
    print(f"{len(faces)} pieces, {hours:.2f} h, {len(set(faces.speaker))} speakers")


if __name__ == "__main__":
    main()
