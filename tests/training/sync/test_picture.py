"""The picture of an evaluation."""

from pathlib import Path

import pytest

from tests.training.sync.test_worth import FACES, FITTED
from training.sync.picture import draw


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_small_picture_is_drawn(tmp_path: Path) -> None:
    """Of two systems, under 25 kB."""
    both = {"shipped": FACES, "loudness": FACES}
    draw(tmp_path / "monitor.png", "made", both, dict.fromkeys(both, FITTED))
    data = (tmp_path / "monitor.png").read_bytes()
    assert data[1:4] == b"PNG"
    assert len(data) < 25_000
