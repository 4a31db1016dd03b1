"""What is asked of values of settings; every refusal names key, value and what is allowed."""

import ipaddress
import re
from collections.abc import Iterable
from pathlib import Path

from stream_engine.errors import ConfigError

_ICE_URL = re.compile(r'(stun|turn)s?:[^\s?"<>]+(\?transport=(udp|tcp))?')

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def check_range(key: str, value: float, low: float, high: float) -> None:
    """Refuse a number out of range."""
    if not low <= value <= high:
        raise ConfigError(
            f"setting {key} is out of range", got=str(value), expected=f"{low}..{high}"
        )


def check_choice(key: str, value: object, choices: tuple[object, ...]) -> None:
    """Refuse what is none of the choices."""
    if value not in choices:
        wanted = ", ".join(str(choice) for choice in choices)
        raise ConfigError(f"setting {key} is unknown", got=repr(value), expected=f"one of {wanted}")


def check_targets(*files: Path | None) -> None:
    """Refuse files that a command would write after its work into a folder that is not there."""
    for file in files:
        if file is not None and not file.absolute().parent.is_dir():
            raise ConfigError(
                "there is no folder to write to", got=str(file.parent), fix="make it first"
            )


def networks(key: str, texts: Iterable[str]) -> tuple[Network, ...]:
    """Read addresses and networks, such as ``127.0.0.1`` and ``10.0.0.0/8``.

    Args:
        key: The setting.
        texts: Its value.

    Returns:
        One network each.

    Raises:
        ConfigError: If one is no address and no network.
    """
    try:
        return tuple(ipaddress.ip_network(text, strict=False) for text in texts)
    except ValueError as error:
        raise ConfigError(
            f"setting {key} is no address and no network", got=str(error), expected="10.0.0.0/8"
        ) from error


def check_ice(name: str, urls: tuple[str, ...]) -> None:
    """Check a setting that holds URLs of STUN and TURN servers (RFC 7064, 7065).

    Args:
        name: Of the setting.
        urls: Its value.

    Raises:
        ConfigError: If one is none.
    """
    for url in urls:
        if not _ICE_URL.fullmatch(url):
            raise ConfigError(
                f"setting {name} holds what is no STUN or TURN server",
                got=url,
                expected="stun:HOST:PORT or turn:HOST:PORT?transport=udp (or tcp)",
            )
