"""When each phone of a known transcript is spoken: forced alignment, cached.

    python -m training.data.corpus.phone_times --speech FOLDER --out cache/phones-kokoro.npz

``FOLDER`` holds ``utterances.tsv`` (`training.data.corpus.speech`) or GRID's ``clips.tsv``. The
aligner is `pocketsphinx` with the acoustic model and dictionary inside it (BSD; extra ``corpus``).
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stream_engine.types import F32
from training.data.corpus.phones import PHONE_INDEX, PHONES, SILENCE, Pronunciations, words_of
from training.data.corpus.speech import SpeechCorpus
from training.data.grid import GridCorpus

PHONE_HZ = 100
"""Labels per second."""

_STEP = 160  # samples per label
_FULL_SCALE = 32767.0
_DITHERS = (0.0, 0.001, 0.002, 0.003, 0.005, 0.008)  # digital silence makes the search lose its way
_LONGEST_LABELS = 60  # a longer phone has swallowed a pause or lost its way

PhoneLabels = NDArray[np.uint8]
"""Index into `PHONES` every 10 ms, uint8 [N]."""


class PhoneAligner:
    """Finds phones in speech whose words are known."""

    def __init__(self) -> None:
        from pocketsphinx import Decoder, get_model_path

        model = Path(get_model_path("en-us"))
        dictionary = model / "cmudict-en-us.dict"
        self._pronunciations = Pronunciations(dictionary)
        self._added: set[str] = set()
        self._decoder = Decoder(
            lm=None,
            dict=str(dictionary),
            hmm=str(model / "en-us"),
            loglevel="FATAL",
        )

    def align(self, samples: F32, transcript: str) -> PhoneLabels | None:
        """Label speech.

        Args:
            samples: 16 kHz mono, float32 [N].
            transcript: What is said.

        Returns:
            uint8 [N / 160], or None if speech and words do not fit together.
        """
        words = words_of(transcript)
        for word, phones in self._pronunciations.missing(words).items():
            if word not in self._added:
                self._decoder.add_word(word, " ".join(phones), True)
                self._added.add(word)
        rng = np.random.default_rng(0)
        for dither in _DITHERS:
            noisy = samples + dither * rng.standard_normal(len(samples))
            try:
                self._decoder.set_align_text(" ".join(words))
                self._decode(noisy)
                if self._decoder.hyp() is None:
                    continue
                self._decoder.set_alignment()
                self._decode(noisy)
            except RuntimeError:  # a word nobody can pronounce, or the search lost its way
                continue
            labels = self._labels(len(samples) // _STEP)
            if labels is not None:
                return labels
        return None

    def _decode(self, samples: NDArray[np.floating]) -> None:
        pcm = (np.clip(samples, -1.0, 1.0) * _FULL_SCALE).astype("<i2").tobytes()
        self._decoder.start_utt()
        self._decoder.process_raw(pcm, full_utt=True)
        self._decoder.end_utt()

    def _labels(self, length: int) -> PhoneLabels | None:
        labels = np.zeros(length, np.uint8)
        for word in self._decoder.get_alignment() or ():
            for phone in word:
                if phone.name not in PHONE_INDEX or phone.name == SILENCE:
                    continue  # breath and noise count as silence
                if phone.duration > _LONGEST_LABELS:
                    return None
                labels[phone.start : phone.start + phone.duration] = PHONE_INDEX[phone.name]
        return labels if labels.any() else None


def spoken_in(folder: Path) -> Iterator[tuple[str, str, Callable[[str], F32]]]:
    """Name, transcript and reader of each utterance of either kind of folder."""
    if (folder / "clips.tsv").exists():
        grid = GridCorpus(folder)
        for name, transcript in grid.transcripts():
            yield name, transcript, grid.speech
    else:
        corpus = SpeechCorpus(folder)
        for utterance in corpus.utterances():
            yield utterance.name, utterance.transcript, corpus.speech


def count_phones(labels: dict[str, PhoneLabels]) -> Counter[str]:
    """How often each phone is said."""
    counts: Counter[str] = Counter()
    for track in labels.values():
        starts = np.concatenate([[True], track[1:] != track[:-1]])
        counts.update(PHONES[index] for index in track[starts])
    return counts


def load_phones(path: Path) -> dict[str, PhoneLabels]:
    """Labels by utterance."""
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def main() -> None:
    """Align a folder, keep what fits, print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    aligner, failed = PhoneAligner(), []
    labels = load_phones(options.out) if options.out.exists() else {}
    for count, (name, transcript, speech) in enumerate(spoken_in(options.speech), 1):
        if name not in labels:
            found = aligner.align(speech(name), transcript)
            if found is None:
                failed.append(name)
            else:
                labels[name] = found
        if count % 100 == 0:
            print(f"{count} utterances", flush=True)
    np.savez_compressed(options.out, **labels)  # type: ignore[arg-type]
    hours = sum(map(len, labels.values())) / PHONE_HZ / 3600
    print(f"{len(labels)} aligned ({hours:.2f} h), {len(failed)} not: {' '.join(failed[:10])}")
    print(" ".join(f"{phone} {n}" for phone, n in count_phones(labels).most_common()))


if __name__ == "__main__":
    main()
