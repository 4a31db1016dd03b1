"""Figures for people and programs."""

import json
import math

from tests.training.sync.faces_for_tests import hops_at
from tests.training.sync.test_worth import FACES, FITTED
from training.evaluation.intervals import Interval
from training.sync.report import SyncReport, Worth, as_json, as_markdown
from training.sync.tried import FAULTS, IN_SYNC, Planted
from training.sync.worth import detection, false_alarms, judged_share, lag_error, reliability

UNKNOWN = Interval(math.nan, math.nan, math.nan, 0)


def made_up_report() -> SyncReport:
    auc = {f: Interval(0.9, 0.85, 0.95, 7) for f in FAULTS if f != IN_SYNC} | {"noisy": UNKNOWN}
    never = detection([Planted(hops_at(0, 30), 4.4, 2.0)], FITTED, 0.16)
    alarms = false_alarms([hops_at(0, 900)], FITTED)
    behind = {f: Interval(0.02, -0.01, 0.05, 7) for f in auc}
    sure = reliability(FACES, FITTED)
    worth = Worth(auc, behind, lag_error(FACES), sure, alarms, {"+80 ms": never})
    nothing = {"noise": (judged_share([0.0 * hops_at(0, 9)]), alarms)}
    systems = {"shipped": worth, "loudness": worth}
    return SyncReport({"data": "grid"}, {"real": systems}, {"corpus": auc}, nothing)


def test_every_table_is_in_the_markdown() -> None:
    """Faults by system, lags, detection, alarms, corpora, sounds; unknown is a hyphen."""
    said = as_markdown(made_up_report())
    for row in (
        "- data: grid",
        "## Real faces",
        "| | shipped | loudness |",
        "| other words | 0.900 [0.850, 0.950] | 0.900 [0.850, 0.950] |",
        "| noisy | - | - |",
        "| | loudness |",
        "| other words | 0.020 [-0.010, 0.050] |",
        "| shipped, +80 ms | 0.00 [0.00, 0.79] | 0.00 [0.00, 0.79] | never | never | 1 |",
        "| loudness | 0 | 0.10 | 0.0 [0.0, 36.9] |",
        "## Made faces by corpus, shipped",
        "| noise | 0.00 [0.00, 0.43] | 0 | 0.10 | 0.0 [0.0, 36.9] |",
    ):
        assert row in said, row


def test_json_has_null_for_what_is_not_known() -> None:
    """No NaN and no infinity."""
    text = json.dumps(as_json(made_up_report()), allow_nan=False)
    found = json.loads(text)["worth"]["real"]["shipped"]
    assert found["auc"]["noisy"]["mean"] is None
    assert found["detections"]["+80 ms"]["median_s"] is None
    assert found["alarms"]["count"] == 0
