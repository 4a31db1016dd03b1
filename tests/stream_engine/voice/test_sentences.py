"""Text is cut into sentences as it comes, and nothing that can be said is lost."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from stream_engine.voice.sentences import MOST_PIECE, Sentences, cleaned

TEXTS = st.text(st.sampled_from("ab1 .!?,;\n\t\r\"')Mr\x00\x1b\ud800\u3002é🙂"), max_size=900)


def pieces_of(*parts: str) -> list[str]:
    sentences = Sentences()
    found = [piece for part in parts for piece in sentences.feed(part)]
    return found + sentences.finish()


@given(TEXTS, st.lists(st.integers(0, 900), max_size=6))
def test_any_chunking_gives_the_same_pieces(text: str, cuts: list[int]) -> None:
    """Chunked = whole."""
    bounds = [0, *sorted(cuts), len(text)]
    parts = [text[a:b] for a, b in pairwise(bounds)]
    assert pieces_of(*parts) == pieces_of(text)


@given(TEXTS)
def test_every_word_is_said_once_in_lines_that_are_short_and_clean(text: str) -> None:
    """Letters and digits in their order; no control character and no half of a pair."""
    pieces = pieces_of(text)
    said = [letter for letter in "".join(pieces) if letter.isalnum()]
    assert said == [letter for letter in text if letter.isalnum()]
    for piece in pieces:
        assert 0 < len(piece) <= MOST_PIECE
        assert any(letter.isalnum() for letter in piece)
        assert piece == cleaned(piece).strip()
        assert "\n" not in piece
        piece.encode()


def test_a_sentence_is_given_on_as_soon_as_it_is_whole() -> None:
    """Not before what follows shows that it is; the rest when the text is."""
    sentences = Sentences()
    assert sentences.feed("Hello the") == []
    assert len(sentences) == 9
    assert sentences.feed("re.") == []
    assert sentences.feed(" How are") == ["Hello there."]
    assert sentences.feed(" you? \u201cFine.\u201d ") == ["How are you?", "\u201cFine.\u201d"]
    assert sentences.feed("It is 3.5 m") == []
    assert sentences.finish() == ["It is 3.5 m"]
    assert sentences.finish() == []


def test_where_sentences_end() -> None:
    """Not after titles and initials; at an empty line; without spaces in Japanese."""
    assert pieces_of("Dr. Who met J. Smith. They left.") == [
        "Dr. Who met J. Smith.", "They left.",
    ]  # fmt: skip
    assert pieces_of("A title\n\nA line\nthat goes on") == ["A title", "A line that goes on"]
    assert pieces_of("\u306f\u3044\u3002\u305d\u3046\u3002") == [
        "\u306f\u3044\u3002", "\u305d\u3046\u3002",
    ]  # fmt: skip
    assert pieces_of("... \U0001f642 !?") == []


def test_a_sentence_without_end_is_cut_at_a_comma_or_a_space() -> None:
    """And in the middle of a word where there is neither."""
    long = "word " * 50 + "here, " + "word " * 40
    first, second = pieces_of(long)
    assert first.endswith("here,")
    assert second.startswith("word")
    assert [len(piece) for piece in pieces_of("x" * 700)] == [300, 300, 100]


def test_what_waits_can_be_forgotten() -> None:
    """Nothing of it is said."""
    sentences = Sentences()
    sentences.feed("never said")
    sentences.clear()
    assert sentences.finish() == []
