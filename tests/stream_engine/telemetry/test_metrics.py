import re

import pytest

from stream_engine.telemetry.metrics import (
    BOUNDS,
    COUNTERS,
    GAUGES,
    HISTOGRAMS,
    WINDOW,
    Histogram,
    Tally,
)
from stream_engine.telemetry.process import process_lines

METRIC_LINE = re.compile(
    r"# (HELP|TYPE) [a-z_]+ .+"
    r'|[a-z_]+(\{[a-z]+="[^"\\\n]*"\})? -?(\d+(\.\d+)?(e[+-]\d+)?|\+Inf)'
)
"""What the text format allows and this server writes: checked where no parser is installed."""


def test_a_session_counts_for_the_server_too() -> None:
    """What a child takes, its parent takes."""
    server = Tally()
    one, two = Tally(server), Tally(server)
    one.add("motion_frames_total", 3)
    two.add("motion_frames_total", 4)
    one.observe("render_seconds", 0.01)
    assert one.count("motion_frames_total") == 3
    assert server.count("motion_frames_total") == 7
    assert server.percentile("render_seconds", 0.5) == 0.01
    assert two.percentile("render_seconds", 0.5) is None


def test_a_misspelt_name_is_an_error() -> None:
    """Counters are those of the table."""
    with pytest.raises(KeyError):
        Tally().add("no_such_total")


def test_percentiles_are_of_the_newest_values() -> None:
    """Old values leave the window, not the buckets."""
    histogram = Histogram()
    for _ in range(WINDOW):
        histogram.observe(5.0)
    for k in range(WINDOW):
        histogram.observe(k / 1000.0)
    assert histogram.percentile(0.5) == pytest.approx(WINDOW / 2000.0)
    assert sum(histogram.buckets) == 2 * WINDOW
    assert histogram.buckets[-1] == WINDOW


def test_exposition_is_what_prometheus_reads() -> None:
    """Cumulative buckets, sum, count, counters and gauges."""
    tally = Tally()
    tally.observe("render_seconds", BOUNDS[0])
    tally.observe("render_seconds", 9.0)
    tally.add("sessions_opened_total")
    lines = tally.exposition({"sessions": 2.0}).splitlines()
    assert "elocute_sessions 2" in lines
    assert "elocute_sessions_opened_total 1" in lines
    assert 'elocute_render_seconds_bucket{le="0.001"} 1' in lines
    assert 'elocute_render_seconds_bucket{le="2"} 1' in lines
    assert 'elocute_render_seconds_bucket{le="+Inf"} 2' in lines
    assert "elocute_render_seconds_count 2" in lines


def test_an_independent_parser_reads_every_family() -> None:
    """Name, type, help and unit of each; buckets add up; labels of one family stand together."""
    parser = pytest.importorskip("prometheus_client.parser")
    tally = Tally()
    for seconds in (0.0004, 0.004, 0.04, 0.4, 40.0):
        tally.observe("render_seconds", seconds)
    tally.add('requests_refused_total{cause="forbidden"}', 3)
    gauges = dict.fromkeys(GAUGES, 2.0)
    del gauges["engine_info"]
    gauges['engine_info{backend="onnxruntime 1.32"}'] = 1.0
    text = tally.exposition(gauges) + process_lines()
    families = {one.name: one for one in parser.text_string_to_metric_families(text)}
    plain = {name.partition("{")[0].removesuffix("_total") for name in COUNTERS}
    wanted = {f"elocute_{name}" for name in {*plain, *HISTOGRAMS, *GAUGES}}
    assert wanted == {name for name in families if name.startswith("elocute_")}
    assert {families[name].type for name in wanted} == {"counter", "gauge", "histogram"}
    assert all(family.documentation for family in families.values())
    render = families["elocute_render_seconds"].samples
    buckets = [row.value for row in render if row.name.endswith("_bucket")]
    assert buckets == sorted(buckets)
    assert [row.labels["le"] for row in render if row.value == 5 and "le" in row.labels] == ["+Inf"]
    (count,) = [row.value for row in render if row.name.endswith("_count")]
    (total,) = [row.value for row in render if row.name.endswith("_sum")]
    assert (count, total) == (buckets[-1], pytest.approx(40.4444))
    refused = families["elocute_requests_refused"].samples
    assert {row.labels["cause"]: row.value for row in refused} == {
        "unauthorized": 0,
        "forbidden": 3,
        "too_many": 0,
    }


def test_every_line_has_the_form_of_the_text_format() -> None:
    """Head before samples, one head a family, a unit or a count in every name; no parser needed."""
    tally = Tally()
    tally.observe("render_seconds", 1e-7)
    tally.observe("render_seconds", 12345.678)
    tally.add("audio_samples_total", 10**15)
    text = tally.exposition({"sessions": 3.0, 'engine_info{backend="x 1.2"}': 1.0})
    lines = (text + process_lines()).splitlines()
    assert all(METRIC_LINE.fullmatch(line) for line in lines)
    heads = [tuple(line.split()[1:3]) for line in lines if line.startswith("#")]
    assert len(set(heads)) == len(heads)
    known: set[str] = set()
    for line in lines:
        if line.startswith("#"):
            known.add(line.split()[2])
            continue
        name = re.split(r"[ {]", line)[0]
        assert {name, re.sub("_(bucket|sum|count)$", "", name)} & known, line


def test_names_say_their_unit() -> None:
    """Counters are counts, durations are seconds."""
    assert all(name.partition("{")[0].endswith("_total") for name in COUNTERS)
    assert all(name.endswith("_seconds") for name in HISTOGRAMS)
    assert not any(name.endswith(("_total", "_seconds")) for name in GAUGES)
