"""What an emotion is made of, and what may be asked for."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.errors import ConfigError
from stream_engine.motion.arkit import ARKIT_COUNT, INDEX
from stream_engine.motion.emotion import (
    EMOTIONS,
    HEARD,
    MANNER_SIZE,
    NOTHING_HEARD,
    PASSING,
    ROW_SIZE,
    WISH_SIZE,
    Manner,
    Times,
    action_table,
)
from tests.paths import ROOT


def test_the_seven_emotions_are_told_apart_by_brows_eyes_and_corners() -> None:
    """Neutral adds nothing; every other differs clearly from each of the rest, above the mouth too.

    The mouth alone would not do: it is mostly busy speaking.
    """
    table = action_table()
    assert EMOTIONS[0] == "neutral"
    assert len(EMOTIONS) == 7
    assert not table[0].any()
    upper = table[:, : INDEX["jawForward"]], table[:, INDEX["browDownLeft"] : ARKIT_COUNT]
    upper_face = np.concatenate(upper, axis=1)
    for first in range(7):
        for second in range(first):
            assert np.linalg.norm(upper_face[first] - upper_face[second]) > 0.3


def test_weights_are_weights() -> None:
    """0..1, and a head that hardly moves."""
    table = action_table()
    assert (table[:, :ARKIT_COUNT] >= 0.0).all()
    assert (table[:, :ARKIT_COUNT] <= 1.0).all()
    assert np.abs(table[:, ARKIT_COUNT:]).max() <= 0.1


@given(st.sampled_from(EMOTIONS), st.floats(0, 1), st.floats(0, 2))
def test_a_manner_becomes_a_row(emotion: str, intensity: float, style: float) -> None:
    """Intensity in the emotion's place, style behind them; nothing passes, nobody is heard."""
    row = Manner(emotion, intensity, style).row()
    assert row.shape == (ROW_SIZE,)
    assert row[EMOTIONS.index(emotion)] == np.float32(intensity)
    assert row[MANNER_SIZE - 1] == np.float32(style)
    assert np.count_nonzero(row[: MANNER_SIZE - 1]) <= 1
    assert not row[MANNER_SIZE:WISH_SIZE].any()
    assert tuple(row[HEARD]) == NOTHING_HEARD


@given(st.sampled_from(EMOTIONS), st.floats(0, 1), st.floats(0.04, 60), st.floats(0, 60))
def test_what_passes_stands_behind_what_stays(
    emotion: str, intensity: float, onset_s: float, apex_s: float
) -> None:
    """Weight, times, and a number; what stays is as it was."""
    before = Manner("sad", 0.4, 1.2)
    row = before.changed(emotion, intensity, None, Times(onset_s, apex_s)).row()
    assert np.array_equal(row[:MANNER_SIZE], before.row()[:MANNER_SIZE])
    assert row[PASSING][EMOTIONS.index(emotion)] == np.float32(intensity)
    wanted = np.array([onset_s, apex_s, 0.6, 1.0], np.float32)
    assert np.array_equal(row[PASSING.stop : WISH_SIZE], wanted)


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (Times(0.0), "onset_s is out of range.*0.0.*0.04..60.*to fix"),
        (Times(apex_s=61.0), "apex_s is out of range.*61.*0..60"),
        (Times(offset_s=float("nan")), "offset_s is out of range.*nan"),
    ],
)
def test_times_that_cannot_be_are_refused(times: Times, words: str) -> None:
    """What, got, expected, fix."""
    with pytest.raises(ConfigError, match=words):
        Manner().changed("happy", 1.0, None, times)


@pytest.mark.parametrize(
    ("emotion", "intensity", "style", "words"),
    [
        ("cheerful", 0.5, 1.0, "unknown emotion.*'cheerful'.*neutral, happy.*to fix"),
        ("happy", float("nan"), 1.0, "intensity is out of range.*nan.*0..1.*to fix"),
        ("happy", -0.01, 1.0, "intensity is out of range.*-0.01"),
        ("happy", float("inf"), 1.0, "intensity is out of range.*inf"),
        ("happy", 10**400, 1.0, "intensity is out of range"),
        ("happy", 1.0, 2.01, "style is out of range.*2.01.*0..2"),
        ("happy", 1.0, float("nan"), "style is out of range"),
    ],
)
def test_what_is_no_manner_is_refused(
    emotion: str, intensity: float, style: float, words: str
) -> None:
    """What, got, expected, fix."""
    with pytest.raises(ConfigError, match=words):
        Manner(emotion, intensity, style)


def test_a_change_leaves_the_rest_as_it_was() -> None:
    """None means as it is; a wrong value changes nothing."""
    manner = Manner("sad", 0.4, 1.2)
    assert manner.changed(None, None, None) == manner
    assert manner.changed("happy", None, None) == Manner("happy", 0.4, 1.2)
    assert manner.changed(None, 0.0, 2.0) == Manner("sad", 0.0, 2.0)
    with pytest.raises(ConfigError):
        manner.changed(None, 2.0, None)


def test_the_page_offers_what_there_is() -> None:
    """The page's list is ours, in our order."""
    page = (ROOT / "clients" / "web" / "index.html").read_text(encoding="utf-8")
    choices = page[page.index('id="emotion"') : page.index('id="intensity"')]
    assert tuple(re.findall('value="([a-z]+)"', choices)) == EMOTIONS
