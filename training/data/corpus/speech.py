"""Folders of spoken utterances: ``utterances.tsv`` and ``audio/``, one file an utterance.

The table has the columns utterance, speaker, duration_s and transcript.
"""

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stream_engine.audio.file_source import FileSource
from stream_engine.errors import AssetError
from stream_engine.types import F32, MODEL_RATE_HZ

COLUMNS = ("utterance", "speaker", "duration_s", "transcript")


@dataclass(frozen=True, slots=True)
class Utterance:
    """One spoken piece.

    Attributes:
        name: Unique within its corpus.
        speaker: Who speaks.
        transcript: What is said.
    """

    name: str
    speaker: str
    transcript: str


class SpeechCorpus:
    """A folder of utterances.

    Args:
        folder: The folder.

    Raises:
        AssetError: If it holds no ``utterances.tsv``.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / "utterances.tsv").exists():
            raise AssetError(
                "no utterances found", got=str(folder), expected="a folder with utterances.tsv"
            )
        self.folder = folder

    def utterances(self) -> list[Utterance]:
        """All of them, in the order of the table."""
        with (self.folder / "utterances.tsv").open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            return [Utterance(r["utterance"], r["speaker"], r["transcript"]) for r in rows]

    def speech(self, name: str) -> F32:
        """Samples of an utterance, 16 kHz mono float32 [N]."""
        for suffix in (".opus", ".wav", ".flac"):
            path = self.folder / "audio" / f"{name}{suffix}"
            if path.exists():
                return read_speech(path)
        raise AssetError("no recording of this utterance", got=name, expected="in audio/")


def read_speech(path: Path) -> F32:
    """Samples of a file of any usual rate as 16 kHz mono float32 [N]."""
    with FileSource(path) as source:
        samples = np.concatenate([chunk.samples for chunk in source.chunks()])
        if source.rate_hz == MODEL_RATE_HZ:
            return samples
        shared = math.gcd(source.rate_hz, MODEL_RATE_HZ)
        return resampled(samples, MODEL_RATE_HZ // shared, source.rate_hz // shared)


def resampled(samples: F32, up: int, down: int) -> F32:
    """Change the rate by ``up / down`` without delay (offline, zero phase)."""
    from scipy.signal import resample_poly

    out: F32 = resample_poly(samples, up, down).astype(np.float32)
    return out
