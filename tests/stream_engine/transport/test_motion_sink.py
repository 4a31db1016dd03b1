"""Which file is written by which suffix."""

from pathlib import Path

import pytest

from stream_engine.errors import ConfigError, TransportError
from stream_engine.mesh.head_asset import HeadAsset, load_head_asset
from stream_engine.transport.motion_file import read_motion
from stream_engine.transport.motion_sink import check_kind, open_motion
from tests.contracts.frame_sink_contract import check_frame_sink, some_motion


def no_head() -> HeadAsset:
    raise AssertionError("this kind holds no head")


@pytest.mark.parametrize(
    ("name", "begins"), [("a.csv", b"Timecode,"), ("a.JSON", b'{"exportFps"'), ("a.glb", b"glTF")]
)
def test_the_suffix_says_the_kind(tmp_path: Path, name: str, begins: bytes) -> None:
    """Capitals too; a head is loaded only for the kind that holds one."""
    sink = open_motion(tmp_path / name, load_head_asset if name.endswith("glb") else no_head)
    sink.write(some_motion(3))
    sink.close()
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_recordings_are_a_frame_sink(tmp_path: Path) -> None:
    """In order, all of it, through the reader of recordings."""
    path = tmp_path / "m.csv"
    check_frame_sink(lambda: open_motion(path, no_head), lambda: read_motion(path))


@pytest.mark.parametrize("name", ["a.fbx", "a", ".csv", "a.csv.gz"])
def test_other_kinds_are_refused_with_a_list(tmp_path: Path, name: str) -> None:
    """The error lists what there is, and nothing is made."""
    with pytest.raises(ConfigError, match=r"\.csv.*\.json.*\.glb"):
        open_motion(tmp_path / name, no_head)
    with pytest.raises(ConfigError, match=r"kind that cannot be written"):
        check_kind(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.glb"])
def test_an_unwritable_place_is_named(tmp_path: Path, name: str) -> None:
    """At once, before any motion is made."""
    with pytest.raises(TransportError, match="nowhere"):
        open_motion(tmp_path / "nowhere" / name, load_head_asset)
