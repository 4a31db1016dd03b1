"""Speech of any length cut into pieces as long as the training clips.

python -m training.data.corpus.pieces --speech cache/kokoro --phones cache/phones-kokoro.npz
--out cache/speech-kokoro.npz
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import AssetError
from stream_engine.features.log_mel import MELS_PER_FRAME
from stream_engine.types import F32, SAMPLES_PER_FRAME
from training.clips import ClipSet
from training.data.corpus.phone_times import count_phones, load_phones
from training.data.corpus.shots import takes
from training.data.corpus.speech import SpeechCorpus
from training.data.pairs import loudness_of, speech_features

PIECE_FRAMES = 74
"""As long as a clip of the recorded corpus."""

_SHORTEST_FRAMES = 25


@dataclass(frozen=True, slots=True)
class SpeechSet(ClipSet):
    """Pieces of speech whose phones are known.

    Attributes:
        name: Utterance and number of the piece.
        source: Corpus.
        speaker: Who speaks.
        mel: float16 [M, 4 T, F].
        phones: Index into `PHONES` every 10 ms, uint8 [M, 4 T].
        loudness: Log energy, float32 [M, T].
    """

    name: NDArray[np.str_]
    source: NDArray[np.str_]
    speaker: NDArray[np.str_]
    mel: NDArray[np.float16]
    phones: NDArray[np.uint8]
    loudness: F32


def piece_starts(frames: int, piece: int = PIECE_FRAMES) -> list[int]:
    """First frame of each piece of an utterance; the last one ends where the speech does."""
    if frames <= piece:
        return [0] if frames >= _SHORTEST_FRAMES else []
    starts = list(range(0, frames - piece + 1, piece))
    rest = frames - piece - starts[-1]
    return [*starts, frames - piece] if rest >= _SHORTEST_FRAMES else starts


def cut(
    samples: F32, phones: NDArray[np.uint8]
) -> list[tuple[NDArray[np.float16], NDArray[np.uint8], F32]]:
    """Features, phones and loudness of each piece of one utterance."""
    frames = max(len(samples) // SAMPLES_PER_FRAME, 1)
    mel = speech_features(samples, max(frames, PIECE_FRAMES))
    loud = loudness_of(samples, max(frames, PIECE_FRAMES))
    labels = np.zeros(len(mel), np.uint8)
    labels[: len(phones)] = phones[: len(labels)]
    pieces = []
    for start in piece_starts(frames):
        end = start + PIECE_FRAMES
        steps = slice(MELS_PER_FRAME * start, MELS_PER_FRAME * end)
        pieces.append((mel[steps], labels[steps], loud[start:end]))
    return pieces


def load_speech(path: Path) -> SpeechSet:
    """Read a file this module wrote.

    Args:
        path: The file.

    Returns:
        Its pieces.

    Raises:
        AssetError: If it is not there.
    """
    if not path.exists():
        raise AssetError(
            "no speech", got=str(path), fix="run python -m training.data.corpus.pieces"
        )
    with np.load(path) as file:
        return SpeechSet(**{name: file[name] for name in SpeechSet.names()})


def main() -> None:
    """Cut a corpus, write it, print what it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--phones", type=Path, required=True)
    parser.add_argument("--shots", type=int, default=0, help="other takes of each utterance")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    corpus, phones = SpeechCorpus(options.speech), load_phones(options.phones)
    rows: list[tuple[str, str, NDArray[np.float16], NDArray[np.uint8], F32]] = []
    for utterance in corpus.utterances():
        if utterance.name in phones:
            samples, labels_of = corpus.speech(utterance.name), phones[utterance.name]
            for name, heard in takes(utterance.name, samples, options.shots):
                clip, _, shot = name.partition("#")
                for number, piece in enumerate(cut(heard, labels_of)):
                    called = f"{clip}/{number}" + (f"#{shot}" if shot else "")
                    rows.append((called, utterance.speaker, *piece))
    names, speakers, mel, labels, loudness = zip(*rows, strict=True)
    source = np.full(len(rows), options.speech.resolve().name)
    pieces_of = SpeechSet(
        np.array(names),
        source,
        np.array(speakers),
        np.stack(mel),
        np.stack(labels),
        np.stack(loudness),
    )
    pieces_of.save(options.out)
    hours = len(rows) * PIECE_FRAMES / 25 / 3600
    print(f"{len(rows)} pieces, {hours:.2f} h, {len(set(speakers))} speakers")
    print(count_phones(dict(zip(names, labels, strict=True))).most_common())


if __name__ == "__main__":
    main()
