"""The cost of a hop."""

import sys

import pytest

from stream_engine.motion.hop import MotionHop
from stream_engine.motion.window import PROFILES
from tests.fakes.linear_models import LinearEncoder, LinearSampler
from trt_build.bench import main, time_hops


def test_percentiles_are_ordered_and_positive() -> None:
    """p50 <= p95 <= p99."""
    hop = MotionHop(LinearEncoder(), LinearSampler(), PROFILES["quality"])
    times = time_hops(hop, batch=3, hops=30)
    assert 0 < times.p50 <= times.p95 <= times.p99
    assert times.batch == 3


@pytest.mark.slow
def test_the_command_prints_a_line_per_batch_size(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the shipped models; the process's own affinity is left alone here."""
    monkeypatch.setattr("os.sched_setaffinity", lambda pid, cores: None, raising=False)
    monkeypatch.setattr(sys, "argv", ["bench", "--batch", "1", "2", "--hops", "5"])
    main()
    lines = capsys.readouterr().out.strip().splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["1", "2"]
