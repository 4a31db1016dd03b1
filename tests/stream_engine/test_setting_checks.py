"""What is asked of settings."""

import ipaddress
from pathlib import Path

import pytest

from stream_engine.errors import ConfigError
from stream_engine.setting_checks import (
    check_choice,
    check_range,
    check_targets,
    networks,
)


def test_ranges_and_choices_name_the_setting_and_what_is_allowed() -> None:
    """Ends included."""
    check_range("a.b", 1, 1, 2)
    check_range("a.b", 2, 1, 2)
    with pytest.raises(ConfigError, match=r"a\.b is out of range; got 3; expected 1\.\.2"):
        check_range("a.b", 3, 1, 2)
    with pytest.raises(ConfigError):
        check_range("a.b", float("nan"), 1, 2)
    check_choice("a.b", "x", ("x", "y"))
    with pytest.raises(ConfigError, match="one of x, y"):
        check_choice("a.b", "z", ("x", "y"))


def test_files_to_write_need_a_folder(tmp_path: Path) -> None:
    """Those that are not wanted need none; nothing is made."""
    check_targets(None, tmp_path / "a.json", Path("a.json"))
    with pytest.raises(ConfigError, match="no folder to write to; got .*none"):
        check_targets(tmp_path / "a.json", tmp_path / "none" / "a.json")
    assert not list(tmp_path.iterdir())


def test_addresses_are_networks_of_one() -> None:
    """Host bits do not matter; what is neither is told."""
    assert networks("a.b", ["127.0.0.1", "10.1.2.3/8", "::1"]) == (
        ipaddress.ip_network("127.0.0.1/32"),
        ipaddress.ip_network("10.0.0.0/8"),
        ipaddress.ip_network("::1/128"),
    )
    with pytest.raises(ConfigError, match=r"a\.b is no address.*localhost"):
        networks("a.b", ["localhost"])
