"""The sounds of English and how words are made of them.

Pronunciations come from the CMU dictionary inside `pocketsphinx`; words it lacks are spoken by
espeak-ng and mapped from the international phonetic alphabet.
"""

import re
from functools import cached_property
from pathlib import Path

from training.data.corpus.kokoro import phonemes

SILENCE = "SIL"
PHONES = (
    SILENCE,
    "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH",
    "IH", "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH",
    "UW", "V", "W", "Y", "Z", "ZH",
)  # fmt: skip
"""ARPAbet without stress, silence first."""

PHONE_INDEX = {name: index for index, name in enumerate(PHONES)}

_FROM_IPA = {
    "aɪ": "AY", "aʊ": "AW", "ɔɪ": "OY", "eɪ": "EY", "oʊ": "OW", "əʊ": "OW", "tʃ": "CH", "dʒ": "JH",
    "ɪə": "IH", "eə": "EH", "ʊə": "UH", "iː": "IY", "uː": "UW", "ɑː": "AA", "ɔː": "AO", "ɜː": "ER",
    "p": "P", "b": "B", "t": "T", "d": "D", "k": "K", "ɡ": "G", "f": "F", "v": "V", "θ": "TH",
    "ð": "DH", "s": "S", "z": "Z", "ʃ": "SH", "ʒ": "ZH", "h": "HH", "m": "M", "n": "N", "ŋ": "NG",
    "l": "L", "ɹ": "R", "w": "W", "j": "Y", "ɪ": "IH", "i": "IY", "ʊ": "UH", "u": "UW", "ɛ": "EH",
    "e": "EH", "æ": "AE", "ʌ": "AH", "ə": "AH", "ɐ": "AH", "ɚ": "ER", "ɝ": "ER", "ɑ": "AA",
    "ɒ": "AA", "ɔ": "AO", "o": "OW", "a": "AA", "ɾ": "T", "ᵻ": "IH", "ɬ": "L",
}  # fmt: skip


def words_of(text: str) -> list[str]:
    """Lower-case words of a transcript, apostrophes kept inside."""
    found = re.findall(r"[a-z']+", text.lower())
    return [word for word in (raw.strip("'") for raw in found) if word]


def arpabet_of(ipa: str) -> list[str]:
    """ARPAbet phones of a string of the phonetic alphabet; unknown signs are left out."""
    phones, at = [], 0
    while at < len(ipa):
        for length in (2, 1):
            if ipa[at : at + length] in _FROM_IPA:
                phones.append(_FROM_IPA[ipa[at : at + length]])
                at += length - 1
                break
        at += 1
    return phones


class Pronunciations:
    """Word to phones.

    Args:
        dictionary: File in the format of the CMU dictionary.
    """

    def __init__(self, dictionary: Path) -> None:
        self._dictionary = dictionary

    @cached_property
    def _known(self) -> set[str]:
        with self._dictionary.open(encoding="utf-8") as file:
            return {line.split(maxsplit=1)[0] for line in file if line.strip()}

    def missing(self, words: list[str]) -> dict[str, list[str]]:
        """Phones of the words that the dictionary lacks, as espeak-ng says them."""
        unknown = sorted({word for word in words if word not in self._known})
        spoken = {word: arpabet_of(phonemes(word)) for word in unknown}
        return {word: phones for word, phones in spoken.items() if phones}
