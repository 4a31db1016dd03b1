"""Spans and waits to figures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.profiling.figures import (
    Period,
    held_up,
    histogram,
    measure,
    of_kind,
    percentiles,
)
from stream_engine.telemetry.spans import Span, Wait
from tests.fakes.recorded_talk import BEGAN, MS, talk

PERIOD = Period(BEGAN, BEGAN + 3000 * MS)


def test_a_talk_of_known_times() -> None:
    """Three seconds, the first cold: 25 calls a second, the shares of one thread."""
    rows = measure(*talk(75), PERIOD)
    figures = {(row.kind, row.name): row for row in rows}
    render = figures["work", "render"]
    assert render.calls == 50
    assert render.cold == {"calls": 22, "max": 12.0}  # drawn 137 ms after their arrival
    assert render.ms == pytest.approx(dict.fromkeys(render.ms, 12.0))
    assert render.share == pytest.approx(0.3)
    assert render.cpu_ms == pytest.approx(6.0)
    assert figures["cpu", "render"].ms["p95"] == pytest.approx(6.0)
    assert held_up(rows) == pytest.approx(0.5)
    assert [len(block) for block in render.blocks] == [13, 12, 13, 12]
    assert figures["device", "generator"].ms["p50"] == 1.5
    assert figures["wait", "playout"].ms["p99"] == pytest.approx(13.0)
    assert [row.name for row in rows if row.kind == "work"][:3] == ["features", "noise", "encoder"]


def test_what_is_not_in_the_list_comes_last_and_the_face_at_rest_not_at_all() -> None:
    """A new stage shows before anybody has described it."""
    late = BEGAN + 1500 * MS
    spans = [Span("zeal", "x", late, late + MS, MS, -1), Span("mesh", "x", late, late + MS, MS, 0)]
    waits = [Wait("painter", late, late + MS, -1920), Wait("painter", late, late + MS, 0)]
    mesh, zeal, idle, painter = measure(spans, waits, PERIOD)
    assert (mesh.name, zeal.name, zeal.cpu_ms, painter.calls) == ("mesh", "zeal", None, 1)
    assert (idle.kind, idle.name, idle.ms["max"]) == ("cpu", "mesh", 0.0)
    assert set(of_kind([vars_of(mesh), vars_of(painter)], "work")) == {"mesh"}


def vars_of(row: object) -> dict[str, object]:
    """As in a report."""
    return {"name": row.name, "kind": row.kind}  # type: ignore[attr-defined]


def test_nothing_is_nothing() -> None:
    """No calls, no figures, no division by them."""
    assert percentiles(np.array([])) == {}
    (mesh,) = measure([Span("mesh", "x", 0, MS, MS, -1)], [], PERIOD)
    assert held_up([mesh]) == 0.0
    assert (mesh.calls, mesh.share, mesh.histogram["calls"]) == (0, 0.0, [])


@given(st.lists(st.floats(1e-5, 1e5), min_size=1, max_size=50))
def test_a_histogram_loses_nobody(values: list[float]) -> None:
    """As many calls as there were; one more end than bars; no empty bar at an end."""
    found = histogram(np.array(values))
    assert sum(found["calls"]) == len(values)
    assert len(found["edges_ms"]) == len(found["calls"]) + 1
    assert found["calls"][0] > 0 < found["calls"][-1]
