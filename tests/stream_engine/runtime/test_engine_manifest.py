"""An engine is opened for what it was built for, or not at all."""

import dataclasses
from pathlib import Path

import pytest

from stream_engine.assemble import MODEL_FOLDER
from stream_engine.errors import AssetError, EngineMismatch
from stream_engine.runtime.engine_manifest import (
    EngineManifest,
    graph_hash,
    largest_engine,
    read_engine,
    write_engine,
)

MANIFEST = EngineManifest("face", "abc123", "balanced", 64, "fp16", "tensorrt_rtx-1.7", "8.9")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """By the same manifest."""
    path = write_engine(tmp_path / "new", MANIFEST, b"engine", 1.0)
    assert path.name == "face-balanced-b64-fp16-sm89-tensorrt_rtx-1.7-abc123.engine"
    assert read_engine(tmp_path / "new", MANIFEST) == b"engine"


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("graph", "def456"),
        ("shapes", "ultra"),
        ("batch", 32),
        ("precision", "bf16"),
        ("package", "tensorrt-11"),
        ("capability", "12.0"),
    ],
)
def test_an_engine_for_anything_else_is_refused_by_name(
    tmp_path: Path, part: str, value: object
) -> None:
    """It says in what what is there differs, and how to build what is wanted."""
    write_engine(tmp_path, MANIFEST, b"engine", 1.0)
    wanted = dataclasses.replace(MANIFEST, **{part: value})  # type: ignore[arg-type]
    with pytest.raises(EngineMismatch) as error:
        read_engine(tmp_path, wanted)
    assert error.value.got == f"one for {part} {getattr(MANIFEST, part)}"
    assert "elocute build" in error.value.fix


def test_without_any_engine_it_says_so(tmp_path: Path) -> None:
    """And where it looked."""
    with pytest.raises(EngineMismatch, match=f"no engine of it in {tmp_path}"):
        read_engine(tmp_path, MANIFEST)


def test_a_damaged_or_renamed_engine_is_refused(tmp_path: Path) -> None:
    """Other bytes, a manifest that is none, a manifest of another."""
    path = write_engine(tmp_path, MANIFEST, b"engine", 1.0)
    path.write_bytes(b"another")
    with pytest.raises(AssetError, match="not the one that was built"):
        read_engine(tmp_path, MANIFEST)
    for text in ("{", "[]", '{"model": "face"}'):
        path.with_suffix(".json").write_text(text, encoding="utf-8")
        with pytest.raises(AssetError, match="manifest"):
            read_engine(tmp_path, MANIFEST)
    other = write_engine(tmp_path, dataclasses.replace(MANIFEST, batch=8), b"small", 1.0)
    other.rename(path)
    other.with_suffix(".json").rename(path.with_suffix(".json"))
    with pytest.raises(EngineMismatch, match="one for batch 8"):
        read_engine(tmp_path, MANIFEST)


def test_a_graphs_hash_is_that_of_graph_and_weights(tmp_path: Path) -> None:
    """Other weights under the same graph are another model."""
    graph, weights = tmp_path / "g.onnx", tmp_path / "weights.safetensors"
    graph.write_bytes(b"g")
    alone = graph_hash(graph)
    weights.write_bytes(b"w")
    assert len({alone, graph_hash(graph)}) == 2
    shipped = graph_hash(MODEL_FOLDER / "motion_sampler_1.onnx")
    assert shipped != graph_hash(MODEL_FOLDER / "motion_sampler_2.onnx")


def test_of_several_batches_the_largest_is_opened(tmp_path: Path) -> None:
    """What differs in anything else is not looked at; without one it says what there is."""
    for batch in (8, 64, 16):
        manifest = dataclasses.replace(MANIFEST, batch=batch)
        write_engine(tmp_path, manifest, f"engine {batch}".encode(), 1.0)
    write_engine(tmp_path, dataclasses.replace(MANIFEST, batch=128, precision="bf16"), b"", 1.0)
    wanted = dataclasses.replace(MANIFEST, batch=0)
    engine, found = largest_engine(tmp_path, wanted)
    assert (engine, found) == (b"engine 64", MANIFEST)
    with pytest.raises(EngineMismatch, match="capability 8.9"):
        largest_engine(tmp_path, dataclasses.replace(wanted, capability="9.0"))
