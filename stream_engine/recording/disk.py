"""Where recordings lie: a folder of this machine."""

import os
import shutil
from pathlib import Path
from typing import Protocol

from stream_engine.errors import ConfigError
from stream_engine.recording.reel import Film


class Disk(Protocol):
    """Makes files; everything may raise OSError."""

    def open(self, name: str) -> Film:
        """Make a file that is not there yet."""
        ...

    def free_bytes(self) -> int:
        """Say how much room is left."""
        ...


class FolderDisk:
    """Implements `Disk`: files that only their owner reads.

    Args:
        folder: Where; made when the first file is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, name: str) -> Film:
        """Make a file, without a buffer: what is written is written."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return open(self._folder / name, "xb", buffering=0, opener=_private)

    def free_bytes(self) -> int:
        """Say how much room is left; before there is a folder, where it would be made."""
        return shutil.disk_usage(_existing(self._folder)).free


def check_folder(folder: Path) -> None:
    """See that recordings can be written; nothing is made.

    Args:
        folder: Where they are to lie; made with the first of them.

    Raises:
        ConfigError: If it is no folder, or this user may not write there.
    """
    place = _existing(folder)
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise ConfigError(
            "recordings cannot be written",
            got=f"recording.folder = {str(folder)!r}; {place} is "
            + ("not to be written to" if place.is_dir() else "no folder"),
            expected="a folder that this user may write to, or make",
            fix="correct recording.folder, or make it and give it to this user",
        )


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
