import base64
import hashlib
import hmac
from pathlib import Path

import pytest

from stream_engine.config import EngineConfig, ServerConfig
from stream_engine.errors import ConfigError
from stream_engine.service_config import IceConfig
from stream_engine.transport.ice import SECRET_VARIABLE, own_servers, read_secret, told_servers
from tests.fakes.clock import ManualClock

TURN = "turn:192.0.2.1:3478?transport=tcp"


def test_no_server_outside_is_asked_unless_configured() -> None:
    """The default is an empty list, which aiortc does not replace by its own."""
    assert own_servers(EngineConfig()) == []
    assert told_servers(IceConfig()) == []
    config = EngineConfig(server=ServerConfig(ice_servers=("stun:192.0.2.1:3478",)))
    (server,) = own_servers(config)
    assert (server.urls, server.username) == ("stun:192.0.2.1:3478", None)


def test_credentials_of_a_shared_secret_end_and_are_what_coturn_checks(tmp_path: Path) -> None:
    """User name: when they end; password: its HMAC-SHA1 with the secret."""
    (tmp_path / "secret").write_text("swordfish\n")
    config = IceConfig((TURN, "stun:192.0.2.1"), secret=str(tmp_path / "secret"), lifetime_s=600)
    turn, stun = told_servers(config, ManualClock(1000.0))
    assert turn.username == "1600:elocute"
    mac = hmac.new(b"swordfish", b"1600:elocute", hashlib.sha1).digest()
    assert turn.credential == base64.b64encode(mac).decode()
    assert stun.plain() == {"urls": "stun:192.0.2.1"}
    assert stun.link() == '<stun:192.0.2.1>; rel="ice-server"'
    assert turn.link().startswith(f'<{TURN}>; rel="ice-server"; username="1600:elocute"; cred')


def test_the_server_uses_the_same_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment stands before the file."""
    monkeypatch.setenv(SECRET_VARIABLE, "swordfish")
    config = EngineConfig(
        server=ServerConfig(ice_servers=(TURN,)), ice=IceConfig(username="maya", secret="/no/file")
    )
    (server,) = own_servers(config)
    assert (server.username, server.credential) == ("maya", "swordfish")


@pytest.mark.parametrize("content", ["", "sword\x00fish", 'sword"fish'])
def test_a_secret_that_cannot_be_used_is_refused(tmp_path: Path, content: str) -> None:
    """Nothing, control characters, quotes; or no file at all."""
    (tmp_path / "secret").write_text(content)
    with pytest.raises(ConfigError):
        read_secret(IceConfig(secret=str(tmp_path / "secret")))
    with pytest.raises(ConfigError):
        read_secret(IceConfig(secret=str(tmp_path / "none")))


@pytest.mark.parametrize(
    "values",
    [
        {"servers": ("http://192.0.2.1",)},
        {"servers": ("turn:a b",)},
        {"servers": ('turn:x"; y',)},
        {"username": "maya"},
        {"lifetime_s": 1.0},
    ],
)
def test_wrong_settings_are_refused(values: dict[str, object]) -> None:
    """No URL of a server, a user without password, a life too short."""
    with pytest.raises(ConfigError):
        IceConfig(**values)  # type: ignore[arg-type]
