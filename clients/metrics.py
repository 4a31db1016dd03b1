"""What a server says of itself at ``/metrics``: processor time, memory, windows late."""

import urllib.request
from dataclasses import dataclass

WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What the server has used, or used between two moments.

    Attributes:
        cpu_s: Seconds of its processor.
        resident_mb: Memory it holds now.
        windows: Windows of speech turned into motion.
        late: Of these, later than the next was there.
    """

    cpu_s: float
    resident_mb: float
    windows: float
    late: float

    def since(self, before: "Usage") -> "Usage":
        """What was used after an earlier moment; memory is that of now."""
        return Usage(
            round(self.cpu_s - before.cpu_s, 3),
            self.resident_mb,
            self.windows - before.windows,
            self.late - before.late,
        )


def read_usage(url: str, token: str) -> Usage | None:
    """Ask a server.

    Args:
        url: Of it, ``http://host:port``.
        token: A key, where it wants one.

    Returns:
        What it says; None if it does not tell us.
    """
    shown = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        request = urllib.request.Request(f"{url}/metrics", headers=shown)
        with urllib.request.urlopen(request, timeout=WAIT_S) as reply:
            return usage_of(reply.read().decode())
    except (OSError, ValueError):  # HTTPError is an OSError: it may not be for us
        return None


def usage_of(text: str) -> Usage:
    """Read Prometheus' text; what it does not hold is 0."""
    values: dict[str, float] = {}
    for line in text.splitlines():
        name, _, value = line.rpartition(" ")
        if name and not line.startswith("#"):
            values[name] = float(value)
    return Usage(
        values.get("process_cpu_seconds_total", 0.0),
        round(values.get("process_resident_memory_bytes", 0.0) / 2**20, 1),
        values.get("elocute_engine_windows_total", 0.0),
        values.get("elocute_engine_windows_late_total", 0.0),
    )
