"""Real engines, built ahead of time for cards that are not here."""

import json
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from stream_engine.errors import BackendError, BackendUnavailable
from stream_engine.motion.window import PROFILES
from stream_engine.runtime.engine_manifest import EngineManifest, graph_hash, read_engine
from stream_engine.runtime.tensorrt_package import find_tensorrt
from trt_build.build import Target, build
from trt_build.graphs import Compiled, of_ear, of_profile

pytestmark = [pytest.mark.trt, pytest.mark.slow]

BALANCED = PROFILES["balanced"]
MODELS = {
    graph.model: graph
    for graph in (
        *(graph for steps in (1, 2, 4) for graph in of_profile(BALANCED, steps)),
        of_ear(),
    )
}


def target(capability: str = "8.9", precision: str = "fp16") -> Target:
    return Target(precision, 16, capability, ahead=True)


@pytest.mark.parametrize("model", sorted(MODELS))
def test_every_model_is_built_for_every_card(model: str, tmp_path: Path) -> None:
    """Ampere, Ada, Blackwell: it parses, builds, and its manifest says of what and for what."""
    graph, package = MODELS[model], find_tensorrt()[1]
    for card in ("8.6", "8.9", "12.0"):
        built = build(graph, target(card), tmp_path)
        digest = graph_hash(graph.path)
        wanted = EngineManifest(model, digest, graph.shapes, 16, "fp16", package, card)
        engine = read_engine(tmp_path, wanted)
        assert len(engine) == built.size > 500_000
        described = json.loads(built.path.with_suffix(".json").read_text(encoding="utf-8"))
        assert described["build_seconds"] == pytest.approx(built.seconds, abs=0.01)


def test_other_precisions_are_built_too(tmp_path: Path) -> None:
    """Weights in half precision make a smaller engine, either way."""
    sizes = {
        precision: build(MODELS["ear"], target(precision=precision), tmp_path).size
        for precision in ("fp32", "fp16", "bf16")
    }
    assert sizes["fp16"] < 0.9 * sizes["fp32"]
    assert sizes["bf16"] < 0.9 * sizes["fp32"]


def test_what_is_there_is_not_built_again(tmp_path: Path) -> None:
    """The same file, at once; for another batch it is another file."""
    encoder = MODELS["speech_encoder"]
    first = build(encoder, target(), tmp_path)
    again = build(encoder, target(), tmp_path)
    assert (again.path, again.seconds) == (first.path, 0.0)
    other = build(encoder, Target("fp16", 8, "8.9", ahead=True), tmp_path)
    assert other.path != first.path
    assert len(list(tmp_path.glob("*.engine"))) == 2


def graph_of(node: onnx.NodeProto, folder: Path) -> Compiled:
    """A graph of one node."""
    shape = ["batch", 4]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("x", "y")]
    graph = helper.make_graph([node], "made_up", [ends[0]], [ends[1]])
    path = folder / "made_up.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)]), path)
    return Compiled("made_up", path, "any", {})


def test_a_graph_that_cannot_be_parsed_names_its_node(tmp_path: Path) -> None:
    """What TensorRT says, in the error; no file is left."""
    graph = graph_of(helper.make_node("Det", ["x"], ["y"], name="odd_one"), tmp_path)
    with pytest.raises(BackendError, match=r"made_up cannot be parsed.*Det"):
        build(graph, target(precision="fp32"), tmp_path / "out")
    assert not list(tmp_path.glob("out/*"))


def test_a_card_that_is_unknown_is_refused(tmp_path: Path) -> None:
    """With those that are known."""
    with pytest.raises(BackendUnavailable, match=r"5\.0"):
        build(MODELS["speech_encoder"], target("5.0"), tmp_path)
