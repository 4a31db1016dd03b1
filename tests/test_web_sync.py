"""What the page makes of the server's findings (``clients/web/sync.js``), in Node."""

import json
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

from stream_engine.monitor.remedies import HIGH, LOW, SyncQuality
from stream_engine.session_sync import SessionSync
from stream_engine.sync_watch import Verdict
from stream_engine.telemetry.metrics import Tally
from stream_engine.transport.sync_teller import sync_message
from tests.fakes.clock import ManualClock
from tests.test_web_package import output_of

LIMITS = """
const { GOOD, BAD } = await import('./sync.js');
console.log(JSON.stringify([GOOD, BAD]));
"""
TAKE = """
const { SyncLog } = await import('./sync.js');
const log = new SyncLog();
for (const message of JSON.parse(process.argv[1])) {
  if (message.action) log.act(message);
  else log.take(message);
}
const { points: { length: points }, marks, alert } = log;
const [summary, units] = [log.summary(), log.units()];
console.log(JSON.stringify({ summary, units, points, marks, alert }));
"""
HOP = 10
SILENCE, VOWEL, OTHER, NOISE = 82, 7, 9, 11


def taken(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """What the page keeps of them."""
    line = output_of("node", "--input-type=module", "-e", TAKE, json.dumps(messages))
    kept: dict[str, Any] = json.loads(line)
    return kept


def verdict(
    number: int,
    score: float | None = 0.9,
    lag_ms: float = 0.0,
    said: tuple[int, ...] = (),
    seen: tuple[int, ...] = (),
) -> Verdict:
    judged = score is not None
    return Verdict(
        frame=(number + 1) * HOP, score=score, lag_ms=lag_ms if judged else None,
        confidence=0.9, speech_s=1.2 if judged else 0.0, shifted_ms=0.0, wrong=False,
        fresh=1.0,
        utterance=None, said=said, seen=seen,
    )  # fmt: skip


def message(found: Verdict) -> dict[str, Any]:
    return asdict(sync_message(found, SyncQuality()))


def test_page_and_server_call_the_same_scores_good_and_bad() -> None:
    """The limits drawn are those that are acted upon."""
    assert json.loads(output_of("node", "--input-type=module", "-e", LIMITS)) == [HIGH, LOW]


def test_the_page_sums_a_call_up_as_the_server_does() -> None:
    """Same seconds, medians and share, from the messages alone."""
    scores = [None, 0.95, 0.71, 0.7, None, 0.69, 0.2, 0.31, 0.99]
    found = [verdict(at, score, 10.5 * at - 40) for at, score in enumerate(scores)]
    lane, clock = SimpleNamespace(), ManualClock()
    sync = SessionSync(lane, clock, Tally(), "s", lambda: True, acts=False)
    for one in found:
        sync.found(one)
    server, page = sync.summary(), taken([message(one) for one in found])["summary"]
    assert server is not None
    assert page["judgedS"] == server.judged_s
    assert abs(page["score"] - server.score) < 1e-9
    assert abs(page["inSync"] - server.in_sync) < 1e-3
    assert abs(page["lagMs"] - server.lag_ms) < 0.1


def test_units_agree_within_forty_milliseconds_and_never_in_silence() -> None:
    """Two steps early or late agree, three do not; a gap is no neighbour."""
    quiet = (SILENCE,) * 20
    said = (*(OTHER,) * 10, VOWEL, *(OTHER,) * 9)
    seen = tuple(VOWEL if at in (8, 12, 13) else NOISE for at in range(20))
    spoken = verdict(1, said=said, seen=seen)
    units = taken([message(verdict(0, None, said=quiet, seen=quiet)), message(spoken)])["units"]
    assert [unit["step"] for unit in units if unit["agrees"]] == [28, 32]
    assert [unit["quiet"] for unit in units] == [True] * 20 + [False] * 20
    late = verdict(3, said=quiet, seen=(OTHER,) * 20)
    steps = [unit["step"] for unit in taken([message(spoken), message(late)])["units"]]
    assert steps == [*range(20, 40), *range(60, 80)]


def test_a_minute_is_kept_and_an_alert_until_it_is_taken_back() -> None:
    """The chart forgets, the count does not."""

    def action(kind: str, on: bool) -> dict[str, Any]:
        quality = asdict(SyncQuality())
        return {"action": kind, "on": on, "because": "it is so", **quality}

    early = [message(verdict(0)), action("steps", True), action("alert", True)]
    kept = taken(early)
    assert (len(kept["marks"]), kept["alert"]) == (2, "it is so")
    later = [message(verdict(at)) for at in range(1, 400)]
    kept = taken([*early, *later, action("alert", False)])
    assert kept["points"] == 151
    assert [(mark["action"], mark["on"]) for mark in kept["marks"]] == [("alert", False)]
    assert kept["summary"]["done"] == {"steps": 1, "alert": 1}
    assert kept["summary"]["judgedS"] == 160.0
    assert kept["alert"] is None
