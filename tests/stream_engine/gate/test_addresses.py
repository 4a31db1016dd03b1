"""Names, pages and addresses, read off headers."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.gate.addresses import (
    Authority,
    among,
    client_address,
    read_authority,
    same_origin,
)
from stream_engine.setting_checks import networks

PROXIES = networks("proxies", ["10.0.0.0/8", "fd00::/8"])
CLIENTS = st.ip_addresses(v=4).filter(lambda one: one not in ipaddress.ip_network("10.0.0.0/8"))
OURS = st.integers(1, 2**24 - 2).map(lambda number: ipaddress.ip_address((10 << 24) + number))


@pytest.mark.parametrize(
    ("text", "name", "port"),
    [
        ("localhost:8080", "localhost", 8080), ("Example.ORG", "example.org", None),
        ("[::1]:80", "::1", 80), ("127.0.0.1", "127.0.0.1", None),
        ("a.example.", "a.example", None),
    ],
)  # fmt: skip
def test_a_host_is_name_and_port(text: str, name: str, port: int | None) -> None:
    """IPv6 without brackets, a last dot left out."""
    assert read_authority(text) == Authority(name, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":80",
        "a:b",
        "a:99999",
        "me@evil",
        "a/b",
        "a?b",
        "[::1",
        "a#b",
        "//a",
        "a, b",
        "a b",
        "ä",
        "a\t",
    ],
)
def test_what_is_no_host_is_none(text: str) -> None:
    """Nothing is guessed."""
    assert read_authority(text) is None


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost:8080", "localhost:8080", True),
        ("https://app.example", "app.example", True),
        ("https://app.example", "app.example:443", True),
        ("https://app.example:443", "app.example", True),
        ("http://localhost:8081", "localhost:8080", False),
        ("https://evil.example", "app.example", False),
        ("http://localhost.evil.example:8080", "localhost:8080", False),
        ("null", "localhost:8080", False),
        ("file://", "localhost:8080", False),
        ("https://app.example/", "app.example", False),
    ],
)
def test_a_page_is_at_home_where_name_and_port_agree(origin: str, host: str, same: bool) -> None:
    """Usual ports may be left out; a page without an origin is at home nowhere."""
    assert same_origin(origin, read_authority(host)) == same


@given(CLIENTS, st.lists(OURS, max_size=5), st.lists(st.ip_addresses().map(str), max_size=5))
def test_a_chain_of_our_proxies_leads_to_the_client(
    client: ipaddress.IPv4Address, ours: list[ipaddress.IPv4Address], made_up: list[str]
) -> None:
    """Whatever the client wrote in front of it."""
    chain = [*made_up, str(client), *map(str, ours)]
    assert client_address(chain[-1], ", ".join(chain[:-1]), PROXIES) == str(client)


@given(CLIENTS, st.text())
def test_nobody_else_is_believed(peer: ipaddress.IPv4Address, text: str) -> None:
    """A client cannot choose by which address it is counted."""
    assert client_address(str(peer), text, PROXIES) == str(peer)
    assert client_address(str(peer), "1.2.3.4", ()) == str(peer)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_a_subscriber_of_ipv6_is_counted_once(one: int, two: int) -> None:
    """By the /64; IPv4 in IPv6 is IPv4."""
    net = 0x20010DB8 << 96
    found = {client_address(str(ipaddress.IPv6Address(net + k)), "", ()) for k in (one, two)}
    assert found == {"2001:db8::/64"}
    assert client_address("::ffff:192.0.2.1", "", ()) == "192.0.2.1"
    assert among("fd00:1::/64", PROXIES)


@given(st.text(), st.text(), st.text())
def test_headers_may_hold_anything(peer: str, forwarded: str, host: str) -> None:
    """Nothing crashes; what is no address is not counted as one."""
    client_address(peer, forwarded, PROXIES)
    client_address("10.0.0.1", forwarded, PROXIES)
    same_origin(host, read_authority(forwarded))
    same_origin("http://" + host, read_authority(host))
    assert not among(peer + "x", PROXIES)
