"""Shipped graphs made fit for a compiler."""

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto

from stream_engine.assemble import MODEL_FOLDER
from stream_engine.errors import AssetError
from stream_engine.motion.window import PROFILES
from trt_build.export import STEP_COUNTS
from trt_build.graphs import chosen, of_profile, read_graph

ENCODER, SAMPLER = of_profile(PROFILES["balanced"], 1)


def inputs_of(session: onnxruntime.InferenceSession, lengths: dict[str, tuple[int, int, int]]):
    """Seeded inputs of three sessions."""
    random, found = np.random.default_rng(0), {}
    for tensor in session.get_inputs():
        length = lengths.get(tensor.name, (1, 1, 1))[1]
        shape = [3, *(size if isinstance(size, int) else length for size in tensor.shape[1:])]
        value = random.standard_normal(shape).astype(np.float32)
        found[tensor.name] = (value > -0.5).astype(np.float32) if "mask" in tensor.name else value
    return found


def session_of(model: onnx.ModelProto | str) -> onnxruntime.InferenceSession:
    """On one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    source = model if isinstance(model, str) else model.SerializeToString()
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("precision", "tolerance"),
    # fp32: the order of sums. fp16: eleven bits through four layers, on inputs wilder than speech.
    [("fp32", 1e-4), ("fp16", 0.06)],
)
def test_the_graph_says_what_the_shipped_one_says(precision: str, tolerance: float) -> None:
    """Encoder and sampler, every output, on seeded inputs."""
    for graph in (ENCODER, SAMPLER):
        shipped = session_of(str(graph.path))
        inputs = inputs_of(shipped, graph.lengths)
        wanted = shipped.run(None, inputs)
        got = session_of(read_graph(graph.path, precision)).run(None, inputs)
        for one, other in zip(got, wanted, strict=True):
            assert one.dtype == np.float32
            assert np.abs(one - other).max() < tolerance


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_what_is_computed_is_of_one_type_and_what_goes_in_and_out_is_float32(
    precision: str,
) -> None:
    """No weight is left wide, nothing is of the other half type."""
    model = read_graph(SAMPLER.path, precision)
    wanted = {"fp16": TensorProto.FLOAT16, "bf16": TensorProto.BFLOAT16}[precision]
    other = {TensorProto.FLOAT16, TensorProto.BFLOAT16} - {wanted}
    sizes = Counter[int]()
    for tensor in model.graph.initializer:
        sizes[tensor.data_type] += int(np.prod(tensor.dims))
    assert sizes[wanted] > 4_000_000
    assert sizes[TensorProto.FLOAT] < 10_000
    casts = {a.i for node in model.graph.node for a in node.attribute if a.name == "to"}
    assert not (set(sizes) | casts) & other
    for value in (*model.graph.input, *model.graph.output):
        assert value.type.tensor_type.elem_type == TensorProto.FLOAT
    assert not {"SplitToSequence", "SequenceAt"} & {node.op_type for node in model.graph.node}


def test_the_graphs_of_a_server_are_each_there_once() -> None:
    """Three profiles, three step counts: three encoders, nine samplers, one ear."""
    graphs = chosen(PROFILES.values(), STEP_COUNTS)
    assert Counter(graph.model.split("_")[0] for graph in graphs) == {
        "speech": 3,
        "motion": 9,
        "ear": 1,
    }
    assert len({(graph.model, graph.shapes) for graph in graphs}) == len(graphs)
    assert all(graph.path.exists() for graph in graphs)


def test_a_missing_graph_is_an_error(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(AssetError, match="nothing.onnx"):
        read_graph(tmp_path / "nothing.onnx", "fp32")
    assert (MODEL_FOLDER / "speech_encoder.onnx").exists()
