"""The closed grammar of the GRID sentences."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_engine.errors import AssetError
from training.evaluation.grid_grammar import (
    SLOTS,
    UNIFORM_CHANCE,
    edit_distance,
    nearest_sentence,
    parse,
    phones_of,
    plain_words,
)

SENTENCES = st.tuples(*(st.sampled_from(words) for words in SLOTS.values()))


def test_the_grammar_is_that_of_the_corpus() -> None:
    """51 words in slots of 4, 4, 4, 25, 10 and 4; every one has phones."""
    assert [len(words) for words in SLOTS.values()] == [4, 4, 4, 25, 10, 4]
    assert len({word for words in SLOTS.values() for word in words}) == 51
    assert pytest.approx((4 * 0.25 + 1 / 25 + 1 / 10) / 6) == UNIFORM_CHANCE
    spoken = {phones_of([word]) for words in SLOTS.values() for word in words}
    assert len(spoken) == 51
    assert phones_of(["seven", "x"]) == (*"sɛvən", *"ɛks")


@given(SENTENCES)
@settings(max_examples=20)
def test_a_sentence_is_nearest_to_itself(sentence: tuple[str, ...]) -> None:
    """Heard without error, as six words or run together."""
    assert parse(" ".join(sentence)) == sentence
    assert nearest_sentence(sentence) == sentence
    assert edit_distance(sentence, sentence) == 0


@given(st.text(alphabet="abegilnoprstuw", max_size=24))
@settings(max_examples=10)
def test_nothing_in_the_grammar_is_nearer(letters: str) -> None:
    """The search equals trying sentences one by one, on a part of the grammar."""
    found = nearest_sentence([letters])
    cost = edit_distance(letters, "".join(found))
    slots = [words[:2] for words in SLOTS.values()]
    assert cost <= min(edit_distance(letters, "".join(s)) for s in itertools.product(*slots))


def test_what_is_misheard_snaps_to_its_slot() -> None:
    """A recogniser's own spelling, digits, and words that run together."""
    assert nearest_sentence(plain_words("Pin blue at F2 now.")) == (
        "bin", "blue", "at", "f", "two", "now",
    )  # fmt: skip
    assert nearest_sentence(plain_words("Please wait by X9 soon.")) == (
        "place", "white", "by", "x", "nine", "soon",
    )  # fmt: skip
    assert len(nearest_sentence([])) == 6


def test_plain_words_have_no_case_marks_or_digits() -> None:
    """As the truth is written."""
    assert plain_words(" Bin, blue at F-2 NOW! 10") == (
        "bin", "blue", "at", "f", "two", "now", "one", "zero",
    )  # fmt: skip


@given(st.text("abc", max_size=6), st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_edits_are_a_distance(a: str, b: str, c: str) -> None:
    """Symmetric, no shortcut through a third, bounded by the longer."""
    assert edit_distance(a, b) == edit_distance(b, a)
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)
    assert abs(len(a) - len(b)) <= edit_distance(a, b) <= max(len(a), len(b))


def test_edits_of_a_known_pair() -> None:
    """Two substitutions and an insertion."""
    assert edit_distance("kitten", "sitting") == 3


@pytest.mark.parametrize("text", ["", "bin blue at f two", "bin blue at w two now", "hello there"])
def test_other_sentences_are_refused(text: str) -> None:
    """Too short, a letter the corpus leaves out, other words."""
    with pytest.raises(AssetError, match="GRID grammar"):
        parse(text)
