"""Avatars by name, each loaded once and shared by all sessions."""

from functools import cache
from pathlib import Path

from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import HeadAsset, head_file, load_head_asset


def head_asset(avatar: str, folder: Path | None = None) -> HeadAsset:
    """Load a head once.

    Args:
        avatar: Its name.
        folder: Where people's own avatars are.

    Returns:
        The head.

    Raises:
        AssetError: If there is no such avatar.
    """
    return head_mesh(avatar, folder).asset


def head_mesh(avatar: str, folder: Path | None = None) -> HeadMesh:
    """Make an avatar's poser once; it has no state. AssetError if there is no such avatar."""
    return _mesh_of(head_file(avatar, folder))


@cache
def _mesh_of(file: Path) -> HeadMesh:
    return HeadMesh(load_head_asset(file))
