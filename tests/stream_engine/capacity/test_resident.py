"""Memory of this process."""

import mmap
import sys

import numpy as np
import pytest

from stream_engine.capacity.resident import resident_bytes


@pytest.mark.skipif(sys.platform != "linux", reason="told by /proc")
def test_memory_that_is_touched_is_resident() -> None:
    """64 MB, of the system itself rather than of what an allocator has kept: told within a few."""
    with mmap.mmap(-1, 64_000_000) as held:
        before = resident_bytes()
        np.frombuffer(held, np.uint8)[:] = 1
        assert 60e6 < resident_bytes() - before < 72e6
