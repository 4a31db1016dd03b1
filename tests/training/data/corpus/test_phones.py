"""Sounds and words."""

import shutil
from pathlib import Path

import pytest

from training.data.corpus.kokoro import SENTENCES
from training.data.corpus.phones import PHONE_INDEX, PHONES, Pronunciations, arpabet_of, words_of


def test_forty_sounds_silence_first() -> None:
    """ARPAbet without stress."""
    assert len(PHONES) == len(set(PHONES)) == 40
    assert PHONE_INDEX["SIL"] == 0


@pytest.mark.parametrize(
    ("ipa", "phones"),
    [
        ("həlˈoʊ", "HH AH L OW"),
        ("ʃˈɑːpbɔɪ", "SH AA P B OY"),
        ("dʒˈʌdʒ", "JH AH JH"),
        ("tʃˈɜːtʃ", "CH ER CH"),
        ("ðɪs", "DH IH S"),
    ],
)
def test_phonetic_letters_become_sounds(ipa: str, phones: str) -> None:
    """Affricates and diphthongs are one sound; stress marks are none."""
    assert " ".join(arpabet_of(ipa)) == phones


def test_words_lose_marks_not_apostrophes() -> None:
    """As the dictionary spells them."""
    assert words_of('"Don\'t," said Mr. Hale.') == ["don't", "said", "mr", "hale"]


def test_only_unknown_words_are_looked_up(tmp_path: Path) -> None:
    """The dictionary goes first; espeak-ng speaks the rest."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    path = tmp_path / "dict"
    path.write_text("red R EH D\nblue B L UW\n", encoding="utf-8")
    assert Pronunciations(path).missing(["red", "shopboy", "blue"]) == {
        "shopboy": ["SH", "AA", "P", "B", "OY"]
    }


def test_the_sentences_are_rich() -> None:
    """Eighty sentences of four to fourteen words, no two alike."""
    lines = SENTENCES.read_text(encoding="utf-8").splitlines()
    assert len(set(lines)) == len(lines) == 80
    assert all(4 <= len(words_of(line)) <= 14 for line in lines)
