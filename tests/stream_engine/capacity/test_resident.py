"""Memory of this process."""

import sys

import numpy as np
import pytest

from stream_engine.capacity.resident import resident_bytes


@pytest.mark.skipif(sys.platform != "linux", reason="told by /proc")
def test_memory_that_is_touched_is_resident() -> None:
    """32 MB of ones: told within a few."""
    before = resident_bytes()
    held = np.ones(4_000_000)
    assert 28e6 < resident_bytes() - before < 40e6
    assert held.all()
