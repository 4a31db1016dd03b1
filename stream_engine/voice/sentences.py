"""Text as it comes, given on sentence by sentence, so that the first is heard early."""

import re
import unicodedata

MOST_PIECE = 300
"""Longest piece, characters: a sentence that is longer is cut at a comma or a space."""

_END = re.compile(
    "[.!?\u2026]+[\"'\u201d\u2019\u00bb)\\]]*(?=\\s)"  # the end of a sentence and what closes it
    "|[\u3002\uff01\uff1f]"  # the same in writing without spaces
    "|\n[^\\S\n]*\n"  # of a paragraph
)
_ABBREVIATED = re.compile(r"\b(Mr|Mrs|Ms|Dr|Prof|St|vs|e\.g|i\.e|[A-Z])\.$")


def cleaned(text: str) -> str:
    """Take out what is nothing to say: control characters and halves of surrogate pairs."""
    return "".join(_plain(letter) for letter in text)


def _plain(letter: str) -> str:
    if letter == "\n" or unicodedata.category(letter) not in ("Cc", "Cs"):
        return letter
    return " " if letter in "\t\v\f\x85" else ""


class Sentences:
    """Cuts text into pieces to be spoken one after another; any chunking gives the same.

    A piece is one line of at most `MOST_PIECE` characters with something in it to say.

    *State*: the sentence that is not whole, at most a piece of it. *Thread*: any, one at a time.
    """

    def __init__(self) -> None:
        self._rest = ""

    def __len__(self) -> int:
        """Characters that wait for the end of their sentence."""
        return len(self._rest)

    def feed(self, text: str) -> list[str]:
        """Take text that follows on from the last; pieces that are whole now."""
        self._rest = (self._rest + cleaned(text)).lstrip()
        pieces = []
        while (end := _end_of_piece(self._rest)) is not None:
            pieces.append(_line(self._rest[:end]))
            self._rest = self._rest[end:].lstrip()
        return [piece for piece in pieces if piece]

    def finish(self) -> list[str]:
        """Say that the text is whole; what was left of it, if that can be said."""
        last, self._rest = _line(self._rest), ""
        return [last] if last else []

    def clear(self) -> None:
        """Forget what waits."""
        self._rest = ""


def _end_of_piece(text: str) -> int | None:
    """Where the first piece ends; None if that cannot be known yet."""
    for found in _END.finditer(text):
        if found.end() > MOST_PIECE:
            break
        if not _ABBREVIATED.search(text[: found.end()]):
            return found.end()
    if len(text) <= MOST_PIECE:
        return None
    head = text[:MOST_PIECE]
    comma = max(head.rfind(sign) for sign in (", ", "; ", ": "))
    space = max(head.rfind(" "), head.rfind("\n"))
    cut = comma if comma > 0 else space
    return cut + 1 if cut > 0 else MOST_PIECE


def _line(text: str) -> str:
    """One line of it; nothing if it holds no letter and no digit."""
    return " ".join(text.split()) if any(letter.isalnum() for letter in text) else ""
