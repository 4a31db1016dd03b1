"""Where keys come from, and when the server may do without."""

import dataclasses
from pathlib import Path

import pytest

from stream_engine.config import EngineConfig
from stream_engine.errors import ConfigError
from stream_engine.gate.keys import check_exposure, is_local, read_keys
from stream_engine.service_config import AccessConfig

KEY = "0123456789abcdef"


def test_keys_of_the_file_come_first_then_those_of_the_environment(tmp_path: Path) -> None:
    """Comments and empty lines left out, each key once."""
    path = tmp_path / "keys"
    path.write_text(f"# the new one\n{KEY}new\n\n{KEY}old\n")
    environment = {"ELOCUTE_KEYS": f"{KEY}env {KEY}new"}
    assert read_keys(str(path), environment) == (f"{KEY}new", f"{KEY}old", f"{KEY}env")
    assert read_keys("", {}) == ()


@pytest.mark.parametrize("text", ["", "# nothing\n", "short\n", "two words of some length\n"])
def test_a_file_that_holds_no_key_is_an_error_that_shows_none(text: str, tmp_path: Path) -> None:
    """The server does not start open because of a slip."""
    path = tmp_path / "keys"
    path.write_text(text)
    with pytest.raises(ConfigError, match="holds none|a key is none") as caught:
        read_keys(str(path), {})
    assert "short" not in str(caught.value)
    assert "openssl rand" in caught.value.fix


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """Path and reason."""
    with pytest.raises(ConfigError, match="No such file"):
        read_keys(str(tmp_path / "none"), {})


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True), ("127.8.0.1", True), ("::1", True), ("localhost", True),
        ("0.0.0.0", False), ("::", False), ("192.168.1.5", False), ("example.org", False),
    ],
)  # fmt: skip
def test_a_server_without_keys_is_for_this_machine_unless_told_otherwise(
    host: str, local: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused with both ways out: a key, or saying that it is meant."""
    monkeypatch.delenv("ELOCUTE_KEYS", raising=False)
    assert is_local(host) == local
    if local:
        check_exposure(EngineConfig(), host)
        return
    with pytest.raises(ConfigError, match="anybody") as caught:
        check_exposure(EngineConfig(), host)
    assert "--insecure" in caught.value.fix
    check_exposure(dataclasses.replace(EngineConfig(), access=AccessConfig(insecure=True)), host)
    monkeypatch.setenv("ELOCUTE_KEYS", KEY)
    check_exposure(EngineConfig(), host)
