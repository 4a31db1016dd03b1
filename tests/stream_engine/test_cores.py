import os
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from stream_engine.cores import SWITCH_S, shared_cores, usable_cores


def test_at_least_one_core_and_no_more_than_there_are() -> None:
    """What affinity leaves, not what the machine has."""
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)


def threads_of_numpy() -> list[int]:
    np.ones((2, 2)) @ np.ones((2, 2))
    return [found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"]


def test_products_are_done_by_who_asks_and_turns_are_short() -> None:
    """As long as it serves; then all is as before."""
    turn_s, threads = sys.getswitchinterval(), threads_of_numpy()
    assert threads
    with shared_cores():
        assert threads_of_numpy() == [1] * len(threads)
        assert sys.getswitchinterval() == pytest.approx(SWITCH_S)
    assert threads_of_numpy() == threads
    assert sys.getswitchinterval() == turn_s
