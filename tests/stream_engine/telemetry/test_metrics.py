import pytest

from stream_engine.telemetry.metrics import BOUNDS, WINDOW, Histogram, Tally


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
