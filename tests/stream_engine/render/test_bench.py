"""The render benchmark."""

import sys

import numpy as np
import pytest

from stream_engine.mesh.head_asset import DEFAULT_HEAD
from stream_engine.render import bench


def test_the_motion_talks():
    """Frames differ and stay within the coefficients' range."""
    rows = bench.talking(50)
    assert rows.shape == (50, 55)
    assert rows.std(axis=0).max() > 0.1
    assert rows[:, :52].min() >= 0.0
    assert rows[:, :52].max() <= 1.0
    assert np.ptp(rows[:, 53]) > 0.1


@pytest.mark.gl
def test_it_reports_wall_and_cpu_time(opengl, monkeypatch, capsys):
    """The command prints both numbers."""
    monkeypatch.setattr(sys, "argv", ["bench", "--frames", "2", "--size", "64"])
    bench.main()
    printed = capsys.readouterr().out
    assert "wall" in printed
    assert "CPU" in printed


@pytest.mark.gl
def test_it_counts_heads_drawn_in_batches(opengl, monkeypatch, capsys):
    """One line with the device and heads a second."""
    monkeypatch.setattr(sys, "argv", ["bench", "--frames", "5", "--size", "64", "--batch", "2"])
    bench.main()
    assert "batches of 2" in capsys.readouterr().out


@pytest.mark.gl
def test_a_table_has_a_row_for_each_size_and_way(opengl):
    """Every avatar that is asked for, full and plain; larger pictures have more triangles."""
    rows = [line.split("|") for line in bench.table({"default": DEFAULT_HEAD}, (32, 128), 1)][2:-1]
    assert [(row[2].strip(), row[3].strip()) for row in rows] == [
        (size, how) for size in ("32", "128") for how in ("full", "plain")
    ]
    triangles = [int(row[4].replace(",", "")) for row in rows]
    assert triangles == sorted(triangles)
    assert triangles[-1] > triangles[0]
