"""One reader for faces of any program."""

import base64
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stream_engine.errors import AssetError, ConfigError
from stream_engine.formats.glb import GlbBuilder
from stream_engine.mesh.head_asset import HeadAsset, load_head_asset
from stream_engine.transport.motion_sink import open_motion
from stream_engine.transport.motion_source import read_face, read_gltf
from tests.contracts.frame_sink_contract import some_motion


@cache
def head() -> HeadAsset:
    """The shipped head, once."""
    return load_head_asset()


@pytest.mark.parametrize("suffix", [".csv", ".JSON", ".glb"])
def test_what_we_write_we_read(tmp_path: Path, suffix: str) -> None:
    """Every kind, all shapes; a GLB without the head's rotation."""
    path, motion = tmp_path / f"face{suffix}", some_motion(40)
    sink = open_motion(path, head)
    sink.write(motion)
    sink.close()
    found = read_face(path)
    count = 52 if suffix == ".glb" else 55
    assert np.allclose(found.motion()[:, :count], motion.coefficients[:, :count], atol=2e-5)
    assert not found.missing
    assert found.fps == pytest.approx(25.0, abs=0.01)


def gltf(path: Path, meshes: list[dict[str, Any]], uri: str | None = None) -> Path:
    """A ``.gltf`` whose meshes are animated in one key each, its buffer beside it or within."""
    builder = GlbBuilder()
    key = builder.accessor(np.zeros(1, np.float32))
    samplers = []
    for number, mesh in enumerate(meshes):
        size = len(mesh["extras"]["targetNames"])
        values = np.full(size, 0.1 * (number + 1), np.float32)
        samplers.append({"input": key, "output": builder.accessor(values)})
    channels = [
        {"sampler": k, "target": {"node": k, "path": "weights"}} for k in range(len(meshes))
    ]
    packed = builder.pack(
        {
            "meshes": meshes,
            "nodes": [{"mesh": k} for k in range(len(meshes))],
            "animations": [{"samplers": samplers, "channels": channels}],
        }
    )
    size = int.from_bytes(packed[12:16], "little")
    document, binary = json.loads(packed[20 : 20 + size]), packed[28 + size :]
    if uri is None:
        document["buffers"][0]["uri"] = "data:;base64," + base64.b64encode(binary).decode()
    else:
        document["buffers"][0]["uri"] = uri
        (path.parent / "face.bin").write_bytes(binary)
    path.write_text(json.dumps(document))
    return path


def mesh(*names: str) -> dict[str, Any]:
    return {"extras": {"targetNames": list(names)}}


@pytest.mark.parametrize("uri", [None, "face.bin", "./face.bin"])
def test_buffers_lie_within_or_beside(tmp_path: Path, uri: str | None) -> None:
    """A data URI, or a file in the same folder."""
    found = read_face(gltf(tmp_path / "a.gltf", [mesh("JawOpen")], uri))
    assert found.motion().max() == pytest.approx(0.1)


@pytest.mark.parametrize("uri", ["../face.bin", "/etc/passwd", "https://a.b/face.bin", "no.bin"])
def test_no_file_is_read_elsewhere(tmp_path: Path, uri: str) -> None:
    """A face file cannot make the command open what lies outside its folder."""
    folder = tmp_path / "face"
    folder.mkdir()
    path = gltf(folder / "a.gltf", [mesh("jawOpen")], uri)
    (folder / "face.bin").rename(tmp_path / "face.bin")
    with pytest.raises(AssetError, match="cannot be read" if uri == "no.bin" else "lies elsewhere"):
        read_face(path)


def test_the_mesh_with_most_of_a_face_counts(tmp_path: Path) -> None:
    """Not teeth or lashes; of equals the first."""
    meshes = [mesh("teeth", "jawOpen"), mesh("jawOpen", "mouthClose"), mesh("jawOpen", "mouthLeft")]
    found = read_face(gltf(tmp_path / "a.gltf", meshes))
    assert found.mouth == ("jawOpen", "mouthClose")
    assert found.values.max() == pytest.approx(0.2)


def test_visemes_are_refused_by_name(tmp_path: Path) -> None:
    """Says what is expected and which file it was."""
    with pytest.raises(AssetError, match=r"viseme_aa.*a\.gltf.*ARKit.*Oculus"):
        read_face(gltf(tmp_path / "a.gltf", [mesh("viseme_aa", "viseme_O")]))


def test_gltf_errors_name_the_file(tmp_path: Path) -> None:
    """Beside what is wrong in it."""
    (tmp_path / "a.glb").write_bytes(b"glTF")
    with pytest.raises(AssetError, match=r"no GLB.*a\.glb"):
        read_gltf(tmp_path / "a.glb")
    with pytest.raises(AssetError, match=r"none\.glb"):
        read_gltf(tmp_path / "none.glb")


@pytest.mark.parametrize(
    ("name", "fps", "said"),
    [
        ("a.fbx", None, r"kind that cannot be read.*\.csv.*\.gltf"),
        ("a", None, "kind that cannot be read"),
        ("a.csv", 0.0, "--fps is out of range; got 0"),
        ("a.csv", float("nan"), "--fps is out of range"),
        ("a.glb", 30.0, "counts seconds itself"),
    ],
)
def test_what_was_asked_wrongly_is_said(name: str, fps: float | None, said: str) -> None:
    """Other kinds, rates that are none, a rate for a glTF."""
    with pytest.raises(ConfigError, match=said):
        read_face(Path(name), fps)
