"""The server's keys: from a file or the environment, and whether it may do without."""

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path

from stream_engine.config import EngineConfig
from stream_engine.errors import ConfigError

VARIABLE = "ELOCUTE_KEYS"
"""Environment variable with keys, separated by spaces or lines."""

_KEY = re.compile(r"[A-Za-z0-9._~+/=-]{16,512}")
_FIX = "make one with: openssl rand -hex 32"


def read_keys(path: str, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Read the server's keys; the first signs, all are taken.

    Args:
        path: File of keys, one a line, ``#`` before comments; none if empty.
        environment: Where `VARIABLE` stands.

    Returns:
        The keys, those of the file first; none if none is set.

    Raises:
        ConfigError: If the file cannot be read or holds none, or a key is too short to be one. No
            message shows a key.
    """
    found = []
    if path:
        try:
            lines = Path(path).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise ConfigError(
                "the file of keys cannot be read", got=f"{path}: {why}", fix="see access.keys"
            ) from error
        found += [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        if not found:
            raise ConfigError("the file of keys holds none", got=path, fix=_FIX)
    found += environment.get(VARIABLE, "").split()
    for number, key in enumerate(found, 1):
        if not _KEY.fullmatch(key):
            raise ConfigError(
                "a key is none",
                got=f"number {number}, of {len(key)} characters",
                expected="16 to 512 letters, digits and . _ ~ + / = -",
                fix=_FIX,
            )
    return tuple(dict.fromkeys(found))


def is_local(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def check_exposure(config: EngineConfig, host: str) -> None:
    """Refuse to listen where strangers reach the server and nobody needs a key.

    Args:
        config: Settings.
        host: Address it will listen on.

    Raises:
        ConfigError: If there is no key, and nobody has said that this is meant.
    """
    if is_local(host) or config.access.insecure or read_keys(config.access.keys):
        return
    raise ConfigError(
        "anybody who reaches this machine could open sessions",
        got=f"address {host} and no key",
        expected=f"a key in {VARIABLE} or in the file access.keys, or address 127.0.0.1",
        fix=f"{_FIX}; or say --insecure (access.insecure = true) if that is meant",
    )
