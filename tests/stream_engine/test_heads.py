"""Avatars by name."""

from pathlib import Path

import pytest

from stream_engine.errors import AssetError
from stream_engine.heads import head_asset, head_mesh
from stream_engine.mesh.head_asset import DEFAULT_HEAD


def test_an_avatar_is_loaded_once(tmp_path: Path) -> None:
    """Wherever people's own are, a shipped one is one."""
    assert head_mesh("default", tmp_path) is head_mesh("default")
    assert head_asset("default") is head_mesh("default").asset


def test_own_avatars_stand_beside_those_that_ship(tmp_path: Path) -> None:
    """By name, in their folder; none takes a shipped one's place or lies elsewhere."""
    for name in ("mine", "default", "no name"):
        (tmp_path / f"{name}.safetensors").write_bytes(DEFAULT_HEAD.read_bytes())
    assert head_asset("mine", tmp_path).vertices == head_asset("default").vertices
    assert head_asset("default", tmp_path) is head_asset("default")
    for name in ("no name", "../mine", "yours"):
        with pytest.raises(AssetError, match=r"default or (.* or )?mine"):
            head_asset(name, tmp_path)
