"""Start-up, measured on the real server."""

from pathlib import Path

import numpy as np
import pytest

from stream_engine.__main__ import main
from stream_engine.capacity.start import StartTimes, summary, time_start
from stream_engine.errors import TransportError


@pytest.mark.slow
@pytest.mark.net
def test_a_start_is_timed_to_the_first_motion(capsys: pytest.CaptureFixture[str]) -> None:
    """The server in a process of its own, the real model, a client."""
    assert main(["bench", "--start", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("listening ")
    assert lines[-1].startswith("1 starts, median (range): listening ")


def test_a_server_that_does_not_come_up_says_why(tmp_path: Path) -> None:
    """Its own last words."""
    settings = tmp_path / "elocute.toml"
    settings.write_text("[motion]\nsteps = 3\n", encoding="utf-8")
    with pytest.raises(TransportError, match=r"did not come up.*motion\.steps"):
        time_start(np.zeros(16_000, np.float32), settings)


def test_the_summary_has_median_and_range() -> None:
    """Of both moments."""
    starts = [StartTimes(0.5, 1.0), StartTimes(0.7, 2.0), StartTimes(0.6, 1.1)]
    assert summary(starts) == (
        "3 starts, median (range): listening 0.60 s (0.50..0.70), first motion 1.10 s (1.00..2.00)"
    )
