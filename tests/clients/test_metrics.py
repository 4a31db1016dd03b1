import pytest

from clients.metrics import Usage, read_usage, usage_of
from stream_engine.service_config import AccessConfig
from tests.fakes.live_server import live_server

TEXT = """# HELP process_cpu_seconds_total Time.
process_cpu_seconds_total 12.5
process_resident_memory_bytes 104857600
elocute_engine_windows_total 100
elocute_requests_refused_total{cause="forbidden"} 3
"""


def test_what_is_told_is_read_and_the_rest_is_nothing() -> None:
    """Two moments give what was used between them; memory is that of the second."""
    first = usage_of(TEXT)
    assert first == Usage(12.5, 100.0, 100.0, 0.0)
    second = usage_of(TEXT.replace("12.5", "14.0"))
    assert second.since(first) == Usage(1.5, 100.0, 0.0, 0.0)


@pytest.mark.net
def test_a_server_tells_itself_to_whom_it_may() -> None:
    """Windows, memory and time; nobody there, or nothing for us, is None."""
    with live_server() as server:
        told = read_usage(server.url.rstrip("/"), "")
        assert told is not None
        assert told.resident_mb > 10.0
        assert told.cpu_s > 0.0
    assert read_usage("http://127.0.0.1:1", "") is None
    key = "0123456789abcdef"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ELOCUTE_KEYS", key)
        with live_server(access=AccessConfig()) as server:
            assert read_usage(server.url.rstrip("/"), "") is None
            assert read_usage(server.url.rstrip("/"), key) is not None
