"""The picture of trials."""

import math
from xml.etree import ElementTree

from stream_engine.capacity.load import LoadReport
from stream_engine.capacity.picture import ProfileRun, draw

SVG = "{http://www.w3.org/2000/svg}"


def report(sessions: int, p99: float) -> LoadReport:
    """A trial whose percentiles are a half, three quarters and all of the largest."""
    shares = {"p50": p99 / 2, "p95": 0.75 * p99, "p99": p99, "p99.9": p99}
    return LoadReport(sessions, 100, 0, shares, 0.0, 1.0, 0.0, 0.0)


def test_more_sessions_lie_to_the_right_and_longer_times_above() -> None:
    """Three lines of three points for each run, one below the other; it says how many fit."""
    trials = [report(1, 6.0), report(8, 12.0), report(64, math.inf)]
    runs = [ProfileRun("balanced", 40.0, 8, trials), ProfileRun("quality", 80.0, None, trials[:1])]
    tree = ElementTree.fromstring(draw(runs))
    lines = [line.attrib["points"] for line in tree.iter(f"{SVG}polyline")]
    assert [len(line.split()) for line in lines] == [3, 3, 3, 1, 1, 1]
    points = [tuple(map(float, point.split(","))) for point in lines[2].split()]
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert [y for _, y in points] == sorted((y for _, y in points), reverse=True)
    assert all(0 < x < 640 and 0 < y < 320 for x, y in points)
    words = "".join(tree.itertext())
    assert "balanced: 8 sessions fit" in words
    assert "quality" in words
