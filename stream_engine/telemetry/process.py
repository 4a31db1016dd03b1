"""What Prometheus' own clients say of a process: processor time, memory, files."""

import os
import time
from pathlib import Path

_PROC = Path("/proc/self")


def process_lines() -> str:
    """Write what the system tells of this process, under the usual names.

    Returns:
        Prometheus' text; processor time only where the system is not Linux.
    """
    rows = [("cpu_seconds_total", "counter", "Processor time.", time.process_time())]
    if (_PROC / "stat").exists():
        after_name = (_PROC / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        # Fields 23 and 24 of proc(5); what follows the name begins with field 3.
        virtual, pages = int(after_name[20]), int(after_name[21])
        resident = pages * os.sysconf("SC_PAGE_SIZE")
        rows += [
            ("resident_memory_bytes", "gauge", "Memory in use.", resident),
            ("virtual_memory_bytes", "gauge", "Memory set aside.", virtual),
            ("open_fds", "gauge", "Files and sockets.", len(os.listdir(_PROC / "fd"))),
        ]
    lines = []
    for name, kind, text, value in rows:
        lines += [f"# HELP process_{name} {text}", f"# TYPE process_{name} {kind}"]
        lines.append(f"process_{name} {value:.15g}")
    return "\n".join(lines) + "\n"
