"""Who asks, under which name and from whose page, read off headers that anybody may have made."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from stream_engine.setting_checks import Network

_MOST_HOPS = 16
_NAME = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+(%[a-z0-9]+)?")
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Authority:
    """Name and port of a server.

    Attributes:
        name: In small letters; an IPv6 address without brackets.
        port: None where none is said.
    """

    name: str
    port: int | None

    @property
    def literal(self) -> bool:
        """Whether the name is an address: nobody can make it mean another machine."""
        return _address(self.name) is not None


def read_authority(text: str) -> Authority | None:
    """Read a ``Host`` header.

    Args:
        text: As it came.

    Returns:
        Name and port; None if it is neither.
    """
    try:
        parts = urlsplit("//" + text)
        name, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not name or not _NAME.fullmatch(name) or parts.netloc != text or "@" in text:
        return None
    return Authority(name.rstrip("."), port)


def same_origin(origin: str, host: Authority | None) -> bool:
    """Whether a page comes from the server it asks.

    Schemes are not compared: behind a proxy that speaks HTTPS the server does not know its own.

    Args:
        origin: The ``Origin`` header.
        host: From the ``Host`` header.

    Returns:
        False also for ``null`` and for what is no origin.
    """
    scheme, separator, rest = origin.partition("://")
    page, usual = read_authority(rest), _PORTS.get(scheme.lower())
    if not separator or page is None or host is None or usual is None:
        return False
    return (page.name, page.port or usual) == (host.name, host.port or usual)


def client_address(peer: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """Find who asks: the last address that no proxy of ours has.

    Args:
        peer: Address at the other end of the connection.
        forwarded: The ``X-Forwarded-For`` header: client first, each proxy adds whom it saw.
        proxies: Ours; what anybody else wrote is not believed.

    Returns:
        The address by which to count; of IPv6 the /64, which is one subscriber. Empty if unknown.
    """
    address = _address(peer)
    for text in forwarded.split(",")[: -_MOST_HOPS - 1 : -1]:
        if address is None or not among(address, proxies):
            break
        before = _address(text.strip())
        if before is None:
            break
        address = before
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return "" if address is None else str(address)


def among(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address | str, known: Sequence[Network]
) -> bool:
    """Whether an address, or the /64 of one, lies in one of the networks."""
    found = _address(address.partition("/")[0]) if isinstance(address, str) else address
    return found is not None and any(found in network for network in known)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found
