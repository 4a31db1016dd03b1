"""Chrome's trace format."""

import json
from collections import defaultdict

from stream_engine.profiling.trace import trace_events
from tests.fakes.recorded_talk import talk


def test_every_event_is_whole_and_rows_nest() -> None:
    """ph, ts, dur, pid, tid; in order; on a row events lie in each other or apart."""
    spans, waits = talk(30)
    events = json.loads(json.dumps(trace_events(spans, waits)))
    assert len([event for event in events if event["ph"] == "X"]) == len(spans) + len(waits)
    rows = defaultdict(list)
    for event in events:
        assert {"ph", "ts", "dur", "pid", "tid", "name"} <= set(event)
        assert event["ts"] >= 0 <= event["dur"]
        if event["ph"] == "X":
            rows[event["tid"]].append(event)
    for row in rows.values():
        assert [event["ts"] for event in row] == sorted(event["ts"] for event in row)
        open_ends: list[float] = []
        for event in row:
            while open_ends and open_ends[-1] <= event["ts"] + 1e-6:
                open_ends.pop()
            end = event["ts"] + event["dur"]
            assert not open_ends or end <= open_ends[-1] + 1e-6
            open_ends.append(end)


def test_rows_have_names_and_waits_that_overlap_have_several() -> None:
    """Arrival to release is four frames long, so there are five side by side at times."""
    events = trace_events(*talk(30))
    names = [event["args"]["name"] for event in events if event["ph"] == "M"]
    assert names[0] == "elocute"
    assert {"engine", "render", "loop", "waits: playout"} <= set(names)
    assert "waits: arrival to release 5" in names
    assert "waits: arrival to release 6" not in names
    generator = next(event for event in events if event["name"] == "generator")
    assert generator["args"] == {"size": 1, "device kernels ms": 1.5}


def test_an_empty_recorder_gives_a_trace_too() -> None:
    """Only the process's name."""
    assert [event["name"] for event in trace_events([], [])] == ["process_name"]
