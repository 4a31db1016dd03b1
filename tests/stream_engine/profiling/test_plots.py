"""Inline SVG."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from stream_engine.profiling.figures import histogram, percentiles
from stream_engine.profiling.plots import (
    histogram_plot,
    interval_plot,
    share_bar,
    way_of_a_picture,
)


def row(values: list[float]) -> dict[str, object]:
    """A stage, as in a report."""
    array = np.array(values)
    return {"kind": "work", "histogram": histogram(array), "ms": percentiles(array)}


@pytest.mark.parametrize("values", [[1.0], [0.001, 1000.0], [1.0, 1.1, 1.2, 5.0] * 9])
def test_histograms_stay_inside_their_box(values: list[float]) -> None:
    """As many bars as there are sizes, whatever the range."""
    plot = ElementTree.fromstring(histogram_plot(row(values)))
    wide = float(plot.attrib["width"])
    bars = plot.findall("rect")
    assert len(bars) == np.count_nonzero(row(values)["histogram"]["calls"])  # type: ignore[index]
    for bar in bars:
        assert float(bar.attrib["x"]) + float(bar.attrib["width"]) <= wide + 0.1
    for line in plot.findall("line"):
        assert 0.0 <= float(line.attrib["x1"]) <= wide


def test_the_way_of_a_picture_has_a_bar_for_each_part() -> None:
    """As long as it took, in its kind's colour; names are escaped."""
    segments = [
        {"name": "a<b", "kind": "wait", "start_ms": 0.0, "end_ms": 100.0},
        {"name": "mesh", "kind": "work", "start_ms": 100.0, "end_ms": 150.0},
    ]
    plot = ElementTree.fromstring(way_of_a_picture(segments))
    first, second = (float(bar.attrib["width"]) for bar in plot.findall("rect"))
    assert first == pytest.approx(2 * second, rel=0.01)
    assert [bar.attrib["class"] for bar in plot.findall("rect")] == ["wait", "work"]


def test_small_plots_are_whole_elements() -> None:
    """Shares and ratios beyond every border."""
    for share in (0.0, 0.5, 7.0):
        ElementTree.fromstring(share_bar(share))
    for ratio in (0.0001, 1.0, 900.0):
        change = {"low": ratio, "ratio": ratio, "high": ratio, "verdict": "no difference"}
        ElementTree.fromstring(interval_plot(change))
