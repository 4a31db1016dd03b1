"""The closed grammar of the GRID sentences, and the sentence in it nearest to what was heard.

Six slots of 4, 4, 4, 25, 10 and 4 words. In a closed grammar what is heard can be told from chance
even when free recognition mistakes nearly every word.

Source: Cooke, Barker, Cunningham & Shao 2006 (the corpus).
"""

import re
from collections.abc import Sequence

import numpy as np

from stream_engine.errors import AssetError

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
LETTERS = tuple("abcdefghijklmnopqrstuvxyz")  # no w: three syllables

SLOTS: dict[str, tuple[str, ...]] = {
    "command": ("bin", "lay", "place", "set"),
    "colour": ("blue", "green", "red", "white"),
    "preposition": ("at", "by", "in", "with"),
    "letter": LETTERS,
    "digit": DIGITS,
    "adverb": ("again", "now", "please", "soon"),
}
UNIFORM_CHANCE = float(np.mean([1 / len(words) for words in SLOTS.values()]))
"""Share of slots right for one who draws words at random."""

_SPOKEN = {
    "bin": "b ɪ n", "lay": "l eɪ", "place": "p l eɪ s", "set": "s ɛ t",
    "blue": "b l u", "green": "g ɹ i n", "red": "ɹ ɛ d", "white": "w aɪ t",
    "at": "æ t", "by": "b aɪ", "in": "ɪ n", "with": "w ɪ θ",
    "zero": "z ɪ ɹ oʊ", "one": "w ʌ n", "two": "t u", "three": "θ ɹ i", "four": "f ɔ ɹ",
    "five": "f aɪ v", "six": "s ɪ k s", "seven": "s ɛ v ə n", "eight": "eɪ t", "nine": "n aɪ n",
    "again": "ə g ɛ n", "now": "n aʊ", "please": "p l i z", "soon": "s u n",
    "a": "eɪ", "b": "b i", "c": "s i", "d": "d i", "e": "i", "f": "ɛ f", "g": "d͡ʒ i",
    "h": "eɪ t͡ʃ", "i": "aɪ", "j": "d͡ʒ eɪ", "k": "k eɪ", "l": "ɛ l", "m": "ɛ m", "n": "ɛ n",
    "o": "oʊ", "p": "p i", "q": "k j u", "r": "ɑ ɹ", "s": "ɛ s", "t": "t i", "u": "j u",
    "v": "v i", "x": "ɛ k s", "y": "w aɪ", "z": "z ɛ d",
}  # fmt: skip
"""British letters, in the symbols of hama's recogniser."""


def phones_of(sentence: Sequence[str]) -> tuple[str, ...]:
    """How a sentence of the grammar is spoken."""
    return tuple(phone for word in sentence for phone in _SPOKEN[word].split())


def parse(transcript: str) -> tuple[str, ...]:
    """A sentence of the grammar as its six words.

    Args:
        transcript: What was said.

    Returns:
        One word a slot.

    Raises:
        AssetError: If it is no sentence of the grammar.
    """
    words = tuple(transcript.lower().split())
    slots = list(SLOTS.values())
    if len(words) != len(slots) or any(w not in s for w, s in zip(words, slots, strict=True)):
        raise AssetError(
            "sentence is not of the GRID grammar",
            got=repr(transcript),
            expected="command, colour, preposition, letter, digit, adverb: bin blue at f two now",
        )
    return words


def plain_words(text: str) -> tuple[str, ...]:
    """What a recogniser wrote, as plain words: no case, no marks, digits spelt out."""
    found = re.findall(r"[a-z']+|\d", text.lower())
    return tuple(DIGITS[int(word)] if word.isdigit() else word for word in found)


def edit_distance(heard: Sequence[str], said: Sequence[str]) -> int:
    """Fewest insertions, deletions and substitutions that turn one into the other."""
    return _spelt([(k, ()) for k in range(len(heard) + 1)], heard, said)[-1][0]


def nearest_sentence(heard: Sequence[str]) -> tuple[str, ...]:
    """The sentence of the grammar with the fewest edits of letters from what was heard.

    The words heard need not be six: where one slot ends and the next begins is part of the search.
    Ties go to the word that stands first in its slot.

    Args:
        heard: Words of any kind and number.

    Returns:
        One word a slot.
    """
    letters = "".join(heard)
    paths: list[_Path] = [(k, ()) for k in range(len(letters) + 1)]
    for words in SLOTS.values():
        ends = [_spelt(paths, letters, word, (word,)) for word in words]
        paths = [min(column, key=_cost) for column in zip(*ends, strict=True)]
    return paths[-1][1]


_Path = tuple[int, tuple[str, ...]]
"""Edits so far, and the words they spell; a list of them is indexed by the letters taken."""


def _cost(path: _Path) -> int:
    return path[0]


def _spelt(
    paths: list[_Path], letters: Sequence[str], word: Sequence[str], named: tuple[str, ...] = ()
) -> list[_Path]:
    """Cheapest ways to go on with a word: one row of the edit table for each of its letters."""
    row = paths
    for symbol in word:
        above, row = row, [(row[0][0] + 1, row[0][1])]
        for k, letter in enumerate(letters):
            ways = (
                (above[k][0] + (symbol != letter), above[k][1]),
                (above[k + 1][0] + 1, above[k + 1][1]),
                (row[k][0] + 1, row[k][1]),
            )
            row.append(min(ways, key=_cost))
    return [(cost, (*words, *named)) for cost, words in row]
