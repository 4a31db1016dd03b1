"""Where recordings lie: a folder of this machine."""

import os
import shutil
from pathlib import Path
from typing import Protocol

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
        folder = self._folder.absolute()
        while not folder.exists():
            folder = folder.parent
        return shutil.disk_usage(folder).free


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
