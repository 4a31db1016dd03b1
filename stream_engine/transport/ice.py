"""STUN and TURN servers: those the server uses itself, and those that clients are told.

Credentials made from a shared secret are those of "A REST API For Access To TURN Services"
(draft-uberti-behave-turn-rest-00), which coturn's ``use-auth-secret`` checks.
"""

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stream_engine.clock import EpochClock
from stream_engine.config import EngineConfig
from stream_engine.errors import ConfigError
from stream_engine.protocols import Clock
from stream_engine.service_config import IceConfig

if TYPE_CHECKING:
    from aiortc import RTCIceServer

SECRET_VARIABLE = "ELOCUTE_TURN_SECRET"
"""Stands before the file."""


@dataclass(frozen=True, slots=True)
class IceServer:
    """As a browser's ``RTCPeerConnection`` takes it; STUN needs no credentials.

    Attributes:
        urls: One URL.
        username: Of the user.
        credential: Their password.
    """

    urls: str
    username: str = ""
    credential: str = ""

    def plain(self) -> dict[str, str]:
        """What JSON holds."""
        if not self.username:
            return {"urls": self.urls}
        return {"urls": self.urls, "username": self.username, "credential": self.credential}

    def link(self) -> str:
        """The header ``Link`` of WHIP (RFC 9725, 4.6)."""
        link = f'<{self.urls}>; rel="ice-server"'
        if self.username:
            link += f'; username="{self.username}"; credential="{self.credential}"'
            link += '; credential-type="password"'
        return link


def read_secret(config: IceConfig) -> str:
    """Read the password or shared secret.

    Args:
        config: Names the file.

    Returns:
        It; empty if there is none.

    Raises:
        ConfigError: If the file cannot be read or holds nothing, or nothing printable.
    """
    secret = os.environ.get(SECRET_VARIABLE, "")
    if not secret and config.secret:
        try:
            secret = Path(config.secret).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                "the TURN secret cannot be read", got=f"{config.secret}: {error}"[:200]
            ) from error
        if not secret:
            raise ConfigError("the TURN secret is empty", got=config.secret)
    if secret and not (secret.isascii() and secret.isprintable() and '"' not in secret):
        raise ConfigError("the TURN secret is not plain", expected="printable ASCII without quotes")
    return secret


def credentials(config: IceConfig, secret: str, now_s: float) -> tuple[str, str]:
    """Make user name and password for TURN.

    Args:
        config: Names a user, or how long made-up ones hold.
        secret: From `read_secret`.
        now_s: Seconds since 1970.

    Returns:
        Both; empty without a secret.
    """
    if not secret or config.username:
        return (config.username, secret) if secret else ("", "")
    username = f"{int(now_s + config.lifetime_s)}:elocute"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()


def told_servers(config: IceConfig, clock: Clock | None = None) -> list[IceServer]:
    """List what a client is told, with credentials made now.

    Args:
        config: Settings.
        clock: Seconds since 1970; the machine's own by default.

    Returns:
        The servers.

    Raises:
        ConfigError: If the secret cannot be read.
    """
    return _with_credentials(config.servers, config, clock or EpochClock())


def own_servers(config: EngineConfig) -> "list[RTCIceServer]":
    """Build aiortc's list from the settings alone: aiortc's default asks a public server.

    Args:
        config: Settings.

    Returns:
        The servers, as aiortc takes them.

    Raises:
        ConfigError: If the secret cannot be read.
    """
    from aiortc import RTCIceServer

    found = _with_credentials(config.server.ice_servers, config.ice, EpochClock())
    return [RTCIceServer(**server.plain()) for server in found]


def _with_credentials(urls: tuple[str, ...], config: IceConfig, clock: Clock) -> list[IceServer]:
    username, credential = credentials(config, read_secret(config), clock.now())
    return [
        IceServer(url, username, credential) if url.startswith("turn") else IceServer(url)
        for url in urls
    ]
