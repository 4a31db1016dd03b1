"""What of the machine this process may use, and how its threads share it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

SWITCH_S = 0.001
"""Longest turn of a Python thread: at the usual 5 ms packets would wait for models."""


def usable_cores() -> int:
    """Count the cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):  # less than the machine has, in a container
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def shared_cores() -> Iterator[None]:
    """Let many threads have their turns soon: for a process that serves, while it does.

    Turns are short, and numpy's products are done by the thread that asks for them. By default
    every product wakes a thread per core, and all of them spin until the last is done: on a
    machine with other work the monitor took five times the processor time for it.
    """
    turn_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        with threadpool_limits(1, user_api="blas"):
            yield
    finally:
        sys.setswitchinterval(turn_s)
