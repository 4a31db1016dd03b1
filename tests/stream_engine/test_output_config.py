import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.errors import ConfigError
from stream_engine.output_config import USUAL_PORTS, OutputConfig


@pytest.mark.parametrize(
    ("kind", "address", "host", "port"),
    [
        ("live_link", "127.0.0.1:11112", "127.0.0.1", 11112),
        ("live_link", "studio-7.local", "studio-7.local", 11111),
        ("vmc", "10.0.0.5", "10.0.0.5", 39539),
        ("vmc", "[::1]:39540", "::1", 39540),
        ("vmc", "[fe80::1]", "fe80::1", 39539),
    ],
)
def test_an_address_is_host_and_port(kind: str, address: str, host: str, port: int) -> None:
    """Numbers and names; without a port the kind's usual one."""
    config = OutputConfig(kind, address)
    assert (config.host, config.port) == (host, port)


@pytest.mark.parametrize(
    "address",
    ["", ":11111", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:-1", "a b:1",
     "::1:39539", "[::1", "http://a:1", "a:1:2", "127.0.0.1:11111/x", "a:٣"],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    """Nothing, no port after the colon, ports out of range, URLs, other digits."""
    with pytest.raises(ConfigError, match=r"no address.*host:port"):
        OutputConfig("vmc", address)


@given(st.text(max_size=30))
def test_any_text_is_an_address_or_refused(address: str) -> None:
    """Never another error, and a port in range."""
    try:
        config = OutputConfig("live_link", address)
    except ConfigError:
        return
    assert config.host
    assert 0 < config.port < 65536


def test_other_kinds_and_names_are_refused() -> None:
    """The error lists the kinds; names are short and printable."""
    with pytest.raises(ConfigError, match="live_link, vmc"):
        OutputConfig("osc")
    for subject in ("", "x" * 61, "a\nb"):
        with pytest.raises(ConfigError, match="no name"):
            OutputConfig(subject=subject)
    assert set(USUAL_PORTS) == {"live_link", "vmc"}
