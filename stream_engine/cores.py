"""What of the machine this process may use."""

import os


def usable_cores() -> int:
    """Count the cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):  # less than the machine has, in a container
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
