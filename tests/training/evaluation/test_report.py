"""Scores as tables."""

import json
from pathlib import Path

import numpy as np
import pytest

from training.evaluation.metrics import LIP_METRICS, ClipScores
from training.evaluation.report import as_json, as_markdown, make_report
from training.evaluation.scoring import ScoreSheet, ridge_row
from training.evaluation.second_ear import HEARING_METRICS, OTHER_FACE, RECORDED_FACE
from training.evaluation.systems import System

FIRST, SECOND = (System("shipped", Path(), "balanced", steps) for steps in (2, 1))
ABOUT = {"data": "mine", "clips": 20, "words": [], "clips left out": {"a": "no audio"}}


def scores(offset: float) -> ClipScores:
    base = np.random.default_rng(0).normal(size=20)
    return {name + end: base + offset for name in LIP_METRICS for end in ("", "_words")}


def hearing(offset: float) -> ClipScores:
    base = np.random.default_rng(1).uniform(0.2, 0.6, size=20)
    return {name + end: base + offset for name in HEARING_METRICS for end in ("", "_words")}


def sheet() -> ScoreSheet:
    table = ScoreSheet(20)
    table.lips = {
        f"{FIRST.name}: one sample": scores(0.5),
        f"{SECOND.name}: one sample": scores(0.7),
        ridge_row(2): scores(0.0),
    }
    loud = np.arange(20.0)
    unknown = np.full(20, np.nan)
    moves = {"loudness": loud, "gap_spread_mm": 2 * loud, "speed": loud, "join_jump": unknown}
    table.movement = {FIRST.name: moves, "recording": {k: moves[k] for k in ("speed",)}}
    rows = (FIRST.name, SECOND.name, ridge_row(2), OTHER_FACE, RECORDED_FACE)
    offsets = (0.1, 0.15, 0.2, 0.4, 0.0)
    table.hearing = {row: hearing(offset) for row, offset in zip(rows, offsets, strict=True)}
    return table


def test_markdown_has_every_row_with_intervals_and_notes_first() -> None:
    """Means, intervals, and a hyphen for what is not known."""
    text = as_markdown(make_report(sheet(), [FIRST, SECOND], ABOUT, ["WARNING: 3 of 20"]))
    assert text.index("**WARNING: 3 of 20**") < text.index("## Lips, whole clips")
    assert "clips left out: a: no audio" in text
    assert "## Lips, inside words only" in text
    assert "| shipped, balanced, 2 steps: one sample | 0." in text
    assert "| join jump | - | - |" in text
    assert "| SLCC | 1.000 [1.000, 1.000] | - |" in text
    lips = text[: text.index("## What a second")]
    widths = {row.count("|") for row in lips.splitlines() if row.startswith("| ridge")}
    assert widths == {len(LIP_METRICS) + 2}


def test_judged_words_are_named() -> None:
    """In the title of their table."""
    about = ABOUT | {"words": ["b", "two"]}
    text = as_markdown(make_report(sheet(), [FIRST, SECOND], about, []))
    assert "only the words b, two" in text


def test_differences_are_paired() -> None:
    """A steady gain has an interval far narrower than either score's."""
    report = make_report(sheet(), [FIRST, SECOND], ABOUT, [])
    over_ridge = report.gains[f"{FIRST.name} less {ridge_row(2)}"]["gap_pcc"]
    assert over_ridge.low == pytest.approx(0.5)
    assert over_ridge.high == pytest.approx(0.5)
    other = report.gains[f"{SECOND.name} less {FIRST.name}"]["gap_pcc"]
    assert other.mean == pytest.approx(0.2)
    alone = report.lips[ridge_row(2)]["gap_pcc"]
    assert alone.high - alone.low > 0.3


def test_json_has_null_for_what_is_not_known() -> None:
    """NaN is not JSON."""
    found = as_json(make_report(sheet(), [FIRST, SECOND], ABOUT, []))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["movement"][FIRST.name]["join_jump"]["mean"] is None
    assert found["lips"][ridge_row(2)]["gap_pcc"]["clips"] == 20


def test_what_is_heard_has_a_section_of_its_own() -> None:
    """Both errors twice with intervals, every row, differences in pairs below."""
    text = as_markdown(make_report(sheet(), [FIRST, SECOND], ABOUT, []))
    section = text[text.index("## What a second mesh-to-speech hears") :]
    assert "| | unit error | mel L1 | unit error, words | mel L1, words |" in section
    for row in (FIRST.name, SECOND.name, ridge_row(2), OTHER_FACE, RECORDED_FACE):
        assert f"| {row} | 0." in section
    assert f"| {FIRST.name} less {RECORDED_FACE} | 0.100 [0.100, 0.100] |" in section
    assert f"| {SECOND.name} less {OTHER_FACE} | -0.250 [-0.250, -0.250] |" in section
    assert f"| {FIRST.name} less {ridge_row(2)} | -0.100 [" in section
    assert f"| {SECOND.name} less {FIRST.name} | 0.050 [" in section


def test_json_has_what_is_heard() -> None:
    """Intervals by row and metric, and the differences."""
    found = json.loads(json.dumps(as_json(make_report(sheet(), [FIRST], ABOUT, []))))
    error = found["hearing"][RECORDED_FACE]["unit_error_words"]
    assert 0.2 < error["low"] < error["mean"] < error["high"] < 0.6
    gain = found["hearing_gains"][f"{FIRST.name} less {RECORDED_FACE}"]["mel_l1"]
    assert gain["mean"] == pytest.approx(0.1)


def test_a_single_clip_is_compared_with_what_there_is() -> None:
    """No floor, no difference from it."""
    table = sheet()
    del table.hearing[OTHER_FACE]
    gains = make_report(table, [FIRST], ABOUT, []).hearing_gains
    assert list(gains) == [f"{FIRST.name} less {row}" for row in (RECORDED_FACE, ridge_row(2))]
