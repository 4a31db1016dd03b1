"""HTTPS: files that fit, files that do not, and a request."""

import ssl
import subprocess
from pathlib import Path

import pytest
from websockets.sync.client import connect

from stream_engine.config import EngineConfig, ServerConfig
from stream_engine.errors import ConfigError
from stream_engine.server import serve
from stream_engine.tls import read_tls
from tests.fakes.live_server import ask_url, live_server
from tests.fakes.stages import FakeStages


def make_pair(folder: Path, *more: str) -> tuple[str, str]:
    """Make a key and a certificate for localhost, by OpenSSL."""
    folder.mkdir(exist_ok=True)
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", *(more or ("-nodes",))],
        check=True, capture_output=True,
    )  # fmt: skip
    return str(certificate), str(key)


def server(certificate: str, private_key: str) -> ServerConfig:
    return ServerConfig(port=0, certificate=certificate, private_key=private_key)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate and its key."""
    return make_pair(tmp_path_factory.mktemp("pair"))


def test_without_a_certificate_there_is_plain_http() -> None:
    """None; half of a pair is an error, and so is HTTPS among replicas that speak HTTP."""
    assert read_tls(ServerConfig()) is None
    for half in ({"certificate": "a"}, {"private_key": "a"}):
        with pytest.raises(ConfigError, match="both a certificate and its key"):
            ServerConfig(**half)
    with pytest.raises(ConfigError, match="plain HTTP"):
        ServerConfig(certificate="a", private_key="b", sisters="x:1")


def test_files_that_cannot_be_used_are_named_before_anything_is_loaded(
    tmp_path: Path, pair: tuple[str, str]
) -> None:
    """Missing, something else, another's key, encrypted; nothing asks for a password."""
    certificate, key = pair
    letter = tmp_path / "letter.pem"
    letter.write_text("dear all")
    other = make_pair(tmp_path / "other")[1]
    locked = make_pair(tmp_path / "locked", "-passout", "pass:secret")
    missing = str(tmp_path / "none.pem")
    for config, message in (
        (server(missing, key), "server.certificate.*none.pem: No such file"),
        (server(certificate, missing), "server.private_key.*none.pem"),
        (server(certificate, str(tmp_path)), "server.private_key"),
        (server(str(letter), key), "cannot be used.*letter.pem"),
        (server(certificate, other), "cannot be used.*MISMATCH"),
        (server(*locked), "not encrypted"),
    ):
        with pytest.raises(ConfigError, match=message):
            serve(FakeStages(), EngineConfig(server=config))


@pytest.mark.net
def test_page_and_websocket_are_served_by_https(pair: tuple[str, str]) -> None:
    """With that certificate; plain HTTP gets nothing."""
    trust = ssl.create_default_context(cafile=pair[0])
    with live_server(config=server(*pair)) as running:
        assert running.url.startswith("https://127.0.0.1")
        assert "<video" in ask_url(running.url, tls=trust).body
        with connect(running.url.replace("https", "wss") + "v1/speech", ssl=trust) as socket:
            assert "ready" in str(socket.recv(timeout=5))
        with pytest.raises(OSError, match="closed|reset|Empty|refused|Remote end"):
            ask_url(running.url.replace("https", "http"))
