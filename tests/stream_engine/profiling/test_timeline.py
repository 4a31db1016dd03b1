"""One picture followed."""

import dataclasses
from itertools import pairwise

import pytest

from stream_engine.profiling.figures import Period
from stream_engine.profiling.timeline import typical_frame
from tests.fakes.recorded_talk import BEGAN, DRAWING, HOP, MS, talk

PERIOD = Period(BEGAN, BEGAN + 3000 * MS)


def test_the_way_of_a_picture_has_every_stage_and_every_wait() -> None:
    """One after the other, without overlap, the times those of the talk."""
    segments, totals = typical_frame(*talk(75), PERIOD)
    expected = ["speech of the window", "engine", *HOP, "painter", *DRAWING, "playout"]
    assert [segment.name for segment in segments] == [*expected, "encode", "loop", "send"]
    for before, after in pairwise(segments):
        assert before.end_ms <= after.start_ms + 1e-9
    assert segments[-1].end_ms == pytest.approx(173.0)
    assert totals == pytest.approx([173.0] * 50)  # those released in the two warm seconds


def test_the_typical_one_is_that_of_the_median() -> None:
    """Slower and faster ones beside it."""
    spans, waits = talk(40)
    late = [
        dataclasses.replace(span, end_ns=span.end_ns + span.pts // 1920 * MS // 10)
        if span.stage == "send" and span.pts is not None
        else span
        for span in spans
    ]
    segments, totals = typical_frame(late, waits, PERIOD)
    assert segments[-1].end_ms == pytest.approx(sorted(totals)[len(totals) // 2])
    assert min(totals) < segments[-1].end_ms < max(totals)


def test_a_picture_whose_packets_were_not_seen_is_not_followed() -> None:
    """Nor is anything in a run without pictures."""
    spans, waits = talk(75)
    unsent = [span for span in spans if span.stage != "send"]
    assert typical_frame(unsent, waits, PERIOD) == ([], [])
    assert typical_frame(spans, [], PERIOD) == ([], [])
