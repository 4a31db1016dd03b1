"""HTTPS by settings: files that do not fit are told before anything is loaded."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from stream_engine.config import ServerConfig
from stream_engine.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Tls:
    """Files that fit.

    Attributes:
        certificate: PEM, with its chain.
        private_key: PEM.
    """

    certificate: str
    private_key: str


def read_tls(config: ServerConfig) -> Tls | None:
    """Try certificate and key.

    Args:
        config: Settings.

    Returns:
        Both; None if the server speaks plain HTTP.

    Raises:
        ConfigError: If a file is missing, is something else, or the key is another's or encrypted.
    """
    if not config.certificate:
        return None
    for name, path in (
        ("server.certificate", config.certificate),
        ("server.private_key", config.private_key),
    ):
        try:
            Path(path).read_bytes()
        except OSError as error:
            raise ConfigError(
                f"setting {name} names a file that cannot be read",
                got=f"{path}: {error.strerror}",
                expected="a PEM file",
            ) from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # A password would be asked for on the terminal, where nobody sits.
        context.load_cert_chain(config.certificate, config.private_key, password=lambda: b"")
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error)
        raise ConfigError(
            "certificate and key cannot be used",
            got=f"{config.certificate}, {config.private_key}: {reason}",
            expected="PEM files that belong together, the key not encrypted",
        ) from error
    return Tls(config.certificate, config.private_key)
