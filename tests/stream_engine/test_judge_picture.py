"""The picture of a judgement."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from stream_engine.judge_picture import draw
from stream_engine.types import F32
from tests.stream_engine.test_judge_report import VOICE, made

SVG = "{http://www.w3.org/2000/svg}"


def drawn(level: F32 = VOICE, voice: F32 = VOICE) -> ElementTree.Element:
    return ElementTree.fromstring(draw(*made(level, voice)))


def test_it_is_a_document_by_itself() -> None:
    """Well-formed, refers to nothing, says the verdict for those who do not see it."""
    text = draw(*made())
    root = ElementTree.fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert root.findtext(f"{SVG}title") == "The face says these words, in sync"
    assert not re.search(r"href|url\(|<script|nan|inf\b", text)


def test_every_judged_second_has_a_bar_and_a_dot() -> None:
    """Ten of them; full dots where the lag is sure."""
    root = drawn()
    dots = list(root.iter(f"{SVG}circle"))
    assert len(dots) == 10
    assert {dot.get("fill") for dot in dots} == {"#1c2024"}
    assert sum(bar.get("fill-opacity") == "0.8" for bar in root.iter(f"{SVG}rect")) == 10


def test_late_is_above_and_marked() -> None:
    """Dots above those of an early mouth; an alarm says what it is."""
    late, early = (drawn(np.roll(VOICE, frames)) for frames in (3, -3))
    heights = [float(next(root.iter(f"{SVG}circle")).get("cy", "")) for root in (late, early)]
    assert heights[0] < heights[1]
    titles = [title.text or "" for title in late.iter(f"{SVG}title")]
    assert any("mouth +120 ms" in title for title in titles)


@pytest.mark.parametrize("frames", [1, 10, 250])
def test_all_of_it_lies_within_the_picture(frames: int) -> None:
    """However short the recording; silent ones too."""
    for voice in (VOICE[:frames], np.zeros(frames, np.float32)):
        for part in drawn(VOICE[:frames], voice).iter(f"{SVG}rect"):
            if part.get("x") is not None:
                right = float(part.get("x", "")) + float(part.get("width", ""))
                assert 0.0 <= right <= 961.0
