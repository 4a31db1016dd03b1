import os

from stream_engine.cores import usable_cores


def test_at_least_one_core_and_no_more_than_there_are() -> None:
    """What affinity leaves, not what the machine has."""
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)
