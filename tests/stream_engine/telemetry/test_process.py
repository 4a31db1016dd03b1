"""What the system tells of this process."""

import time

from stream_engine.telemetry.process import process_lines


def value(text: str, name: str) -> float:
    (line,) = [row for row in text.splitlines() if row.startswith(name + " ")]
    return float(line.split()[1])


def test_time_memory_and_files_have_the_usual_names() -> None:
    """Processor time goes on; memory is a sensible number of bytes."""
    before = process_lines()
    began = time.process_time()
    while time.process_time() < began + 0.01:
        pass
    after = process_lines()
    spent = value(after, "process_cpu_seconds_total") - value(before, "process_cpu_seconds_total")
    assert spent >= 0.01
    assert 1e6 < value(after, "process_resident_memory_bytes") < 1e12
    assert value(after, "process_virtual_memory_bytes") >= value(
        after, "process_resident_memory_bytes"
    )
    assert value(after, "process_open_fds") >= 3
    assert "# TYPE process_cpu_seconds_total counter" in after
