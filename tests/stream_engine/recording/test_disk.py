import os
import stat
from pathlib import Path

import pytest

from stream_engine.errors import ConfigError
from stream_engine.recording.disk import FolderDisk, check_folder


def test_a_recording_is_its_owners_alone(tmp_path: Path) -> None:
    """Folder and file are closed to others, and nothing is written over."""
    disk = FolderDisk(tmp_path / "new" / "recordings")
    assert disk.free_bytes() > 0  # before there is a folder, too
    film = disk.open("a.elo")
    assert film.write(b"voice") == 5
    film.close()
    path = tmp_path / "new" / "recordings" / "a.elo"
    assert path.read_bytes() == b"voice"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with pytest.raises(FileExistsError):
        disk.open("a.elo")
    assert disk.free_bytes() <= os.statvfs(tmp_path).f_frsize * os.statvfs(tmp_path).f_blocks


def test_a_folder_that_will_not_do_is_told_before_anybody_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in the way, or no right to write; one that can be made is fine, and is not made."""
    check_folder(tmp_path / "new" / "recordings")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"recording\.folder.*file is no folder"):
        check_folder(tmp_path / "file" / "recordings")
    monkeypatch.setattr(os, "access", lambda place, rights: False)  # root may write anywhere
    with pytest.raises(ConfigError, match="not to be written to"):
        check_folder(tmp_path / "new")
